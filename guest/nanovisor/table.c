#include "table.h"
#include "pages.h"

#define BLOCK_LEVEL 2u

static uint64_t span_of(unsigned level)
{
    return 1UL << (12 + 9 * (3 - level));
}

static bool is_table(uint64_t entry)
{
    return (entry & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

static uint64_t *next_table(uint64_t entry)
{
    return virt(entry & OUTPUT_ADDRESS);
}

static uint64_t *table_for(uint64_t entry, unsigned level)
{
    uint64_t *table = page_new();
    if (table && (entry & PTE_VALID))
        for (uint64_t i = 0; i < ENTRIES; i++)
            table[i] = (entry + i * span_of(level + 1)) | (level + 1 == 3 ? PTE_PAGE : 0);
    return table;
}

/* Make `entry`, at `level`, lead to a table that maps what it mapped. */
static bool make_table(uint64_t *entry, unsigned level)
{
    if (is_table(*entry))
        return true;
    const uint64_t *table = table_for(*entry, level);
    if (table)
        *(volatile uint64_t *)entry = phys(table) | PTE_VALID | PTE_TABLE;
    return table != 0;
}

bool table_map(uint64_t *root, unsigned level, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes, bool blocks)
{
    const uint64_t span = span_of(level);
    while (size) {
        uint64_t *entry = &root[va / span % ENTRIES];
        const uint64_t part = span - va % span < size ? span - va % span : size;
        const bool whole = part == span && pa % span == 0;
        if (level == 3) {
            *entry = pa | attributes | PTE_VALID | PTE_PAGE;
        } else if (whole && blocks && level == BLOCK_LEVEL && !is_table(*entry)) {
            *entry = pa | attributes | PTE_VALID;
        } else if (!make_table(entry, level) || !table_map(next_table(*entry), level + 1, va, pa, part, attributes, blocks)) {
            return false;
        }
        va += part;
        pa += part;
        size -= part;
    }
    dsb_ish(); /* the walkers of all PEs see the entries before anyone uses the addresses */
    return true;
}

static uint64_t *entry_at(uint64_t *root, unsigned level, uint64_t va, unsigned last)
{
    for (; level < last; level++) {
        const uint64_t entry = root[va / span_of(level) % ENTRIES];
        if (!is_table(entry))
            return 0;
        root = next_table(entry);
    }
    return &root[va / span_of(last) % ENTRIES];
}

uint64_t *table_entry(uint64_t *root, unsigned level, uint64_t va)
{
    return entry_at(root, level, va, 3);
}

uint64_t *table_block(uint64_t *root, unsigned level, uint64_t va)
{
    return entry_at(root, level, va, BLOCK_LEVEL);
}

uint64_t *table_from_block(uint64_t entry)
{
    return table_for(entry, BLOCK_LEVEL);
}

void table_free(uint64_t *table, unsigned level)
{
    for (unsigned i = 0; level < 3 && i < ENTRIES; i++)
        if (is_table(table[i]))
            table_free(next_table(table[i]), level + 1);
    page_free(table);
}
