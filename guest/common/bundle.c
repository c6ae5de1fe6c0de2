#include "bundle.h"
#include "text.h"

static int entry_valid(const struct bundle *bundle, const struct bundle_entry *entry)
{
    return entry->name[BUNDLE_NAME_SIZE - 1] == 0 && entry->offset % BUNDLE_ALIGN == 0 && entry->offset <= bundle->size
           && entry->size <= bundle->size - entry->offset;
}

int bundle_valid(const struct bundle *bundle, uint64_t size)
{
    if (size < sizeof *bundle || bundle->magic != BUNDLE_MAGIC || bundle->version != BUNDLE_VERSION)
        return 0;
    if (bundle->size > size || bundle->size < sizeof *bundle
        || bundle->count > (bundle->size - sizeof *bundle) / sizeof bundle->entries[0])
        return 0;
    for (uint32_t n = 0; n < bundle->count; n++)
        if (!entry_valid(bundle, &bundle->entries[n]))
            return 0;
    return 1;
}

const struct bundle_entry *bundle_find(const struct bundle *bundle, const char *name)
{
    for (uint32_t n = 0; n < bundle->count; n++)
        if (text_same(bundle->entries[n].name, name))
            return &bundle->entries[n];
    return 0;
}
