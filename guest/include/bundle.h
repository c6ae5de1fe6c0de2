/*
 * A bundle: named files in one, for the nanovisor and for the guest kernel. scripts/pack-bundle.js writes it. All fields are
 * little-endian. Each file starts on a page of the bundle, and what follows it up to the next page is zero: a loader that has
 * the bundle on a page may map files in place.
 */
#ifndef BUNDLE_H
#define BUNDLE_H
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_MAGIC 0x656c646e75425a54UL /* "TZBundle" */
#define BUNDLE_VERSION 1u
#define BUNDLE_ALIGN 4096u
#define BUNDLE_NAME_SIZE 40u

enum bundle_kind {
    BUNDLE_PROGRAM = 1,     /* static ELF64 that the guest kernel runs at EL0 */
    BUNDLE_APPLICATION = 2, /* static ELF64 that the nanovisor runs at EL0 */
    BUNDLE_KERNEL = 3,      /* arm64 Image that the nanovisor starts at EL1 */
    BUNDLE_BUNDLE = 4,      /* bundle that a kernel gets as its initrd */
    BUNDLE_TEXT = 5,        /* a command line, or other text */
    BUNDLE_DOMAIN = 6,      /* static ELF64 that the nanovisor runs at EL1 beside the guest (domain.h) */
};

struct bundle_entry {
    char name[BUNDLE_NAME_SIZE]; /* ends with a 0 */
    uint32_t kind;
    uint32_t reserved;
    uint64_t offset; /* from the bundle's start */
    uint64_t size;
};

struct bundle {
    uint64_t magic;
    uint32_t version;
    uint32_t count;
    uint64_t size; /* of everything */
    uint64_t reserved;
    struct bundle_entry entries[];
};

/* Whether `size` bytes at `bundle` are a bundle whose entries all lie inside it and whose names end. Ask before anything else. */
int bundle_valid(const struct bundle *bundle, uint64_t size);
/* The entry with this name, or null. */
const struct bundle_entry *bundle_find(const struct bundle *bundle, const char *name);

static inline const void *bundle_data(const struct bundle *bundle, const struct bundle_entry *entry)
{
    return (const uint8_t *)bundle + entry->offset;
}

#endif
