/* A flattened device tree, token by token (Devicetree Specification, chapter 5). All of it is big-endian. */
#ifndef DEVICE_TREE_H
#define DEVICE_TREE_H
#include "text.h"
#include <stdint.h>

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u
#define FDT_END 9u

struct fdt_header {
    uint32_t magic, totalsize, off_dt_struct, off_dt_strings, off_mem_rsvmap, version, last_comp_version, boot_cpuid_phys, size_dt_strings,
        size_dt_struct;
};

/* One token of the structure block, with what belongs to it. */
struct fdt_token {
    uint32_t kind;
    const char *name;  /* of the node or property */
    const char *value; /* of a property */
    uint32_t size;
    const char *next;
};

static inline uint32_t fdt_get32(const void *at)
{
    const uint8_t *p = at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t fdt_get64(const void *at)
{
    return (uint64_t)fdt_get32(at) << 32 | fdt_get32((const char *)at + 4);
}

/* A number of one cell or two. */
static inline uint64_t fdt_cells(const void *at, uint32_t size)
{
    return size == 8 ? fdt_get64(at) : fdt_get32(at);
}

static inline unsigned fdt_align(unsigned n)
{
    return (n + 3) & ~3u;
}

static inline struct fdt_token fdt_token(const void *tree, const char *at)
{
    const struct fdt_header *header = tree;
    struct fdt_token token = {.kind = fdt_get32(at), .next = at + 4};
    if (token.kind == FDT_BEGIN_NODE) {
        token.name = at + 4;
        token.next += fdt_align(text_length(token.name) + 1);
    } else if (token.kind == FDT_PROP) {
        token.size = fdt_get32(at + 4);
        token.name = (const char *)tree + fdt_get32(&header->off_dt_strings) + fdt_get32(at + 8);
        token.value = at + 12;
        token.next = token.value + fdt_align(token.size);
    }
    return token;
}

static inline const char *fdt_first(const void *tree)
{
    return (const char *)tree + fdt_get32(&((const struct fdt_header *)tree)->off_dt_struct);
}

#endif
