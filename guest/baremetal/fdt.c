#include "fdt.h"
#include "runtime.h"
#include "virt.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const void *fdt_address(void)
{
    const uint64_t candidates[] = {runtime_device_tree, VIRT_RAM_BASE};
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t at = candidates[i];
        if (at >= VIRT_RAM_BASE && at < VIRT_RAM_BASE + VIRT_RAM_USED && at % 8 == 0 && big_endian((const uint8_t *)at) == FDT_MAGIC)
            return (const void *)at;
    }
    return 0;
}

const char *fdt_property(const char *node, const char *property, uint32_t *length)
{
    const uint8_t *tree = fdt_address();
    if (!tree)
        return 0;
    const uint8_t *p = tree + big_endian(tree + 8);
    const char *names = (const char *)tree + big_endian(tree + 12);
    unsigned depth = 0;
    int inside = 0; /* in the node that we look for, itself at depth 2 (the root is 1) */
    for (;;) {
        const uint32_t token = big_endian(p);
        p += 4;
        if (token == FDT_BEGIN_NODE) {
            const char *name = (const char *)p;
            inside = ++depth == 2 && equal(name, node);
            uint32_t size = 1;
            while (name[size - 1])
                size++;
            p += (size + 3) & ~3u;
        } else if (token == FDT_END_NODE) {
            depth--;
            inside = 0;
        } else if (token == FDT_PROP) {
            const uint32_t size = big_endian(p);
            if (inside && equal(names + big_endian(p + 4), property)) {
                if (length)
                    *length = size;
                return (const char *)p + 8;
            }
            p += 8 + ((size + 3) & ~3u);
        } else if (token != FDT_NOP) {
            return 0;
        }
    }
}
