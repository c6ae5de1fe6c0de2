#include "stage2.h"

#define POOL 0x41000000UL
#define POOL_END 0x42000000UL

static uint64_t next = POOL;
static uint64_t root;

void tables_reset(void)
{
    next = POOL;
}

void *table_new(uint64_t bytes)
{
    next = (next + bytes - 1) & -bytes;
    volatile uint64_t *table = (volatile uint64_t *)next;
    next += bytes;
    for (uint64_t n = 0; n < bytes / 8 && next <= POOL_END; n++)
        table[n] = 0;
    return (void *)table;
}

static unsigned page_shift(enum granule granule)
{
    return granule == GRANULE_4K ? 12 : granule == GRANULE_16K ? 14 : 16;
}

unsigned granule_shift(enum granule granule, unsigned level)
{
    const unsigned page = page_shift(granule);
    return page + (3 - level) * (page - 3);
}

int stage2_start_level(const struct stage2 *s)
{
    return (s->granule == GRANULE_4K ? 2 : 3) - (int)s->sl0;
}

uint64_t stage2_new(const struct stage2 *s)
{
    const int level = stage2_start_level(s);
    const unsigned input = 64 - s->t0sz;
    uint64_t bytes = 1UL << page_shift(s->granule);
    if (level >= 0 && input > granule_shift(s->granule, (unsigned)level)) {
        const unsigned bits = input - granule_shift(s->granule, (unsigned)level);
        /* Tables of invalid configurations need not be there: they aren't looked at. */
        if (bits < 18 && (8UL << bits) > bytes)
            bytes = 8UL << bits;
    }
    root = (uint64_t)table_new(bytes);
    return root;
}

uint64_t *stage2_put(const struct stage2 *s, uint64_t ipa, unsigned level, uint64_t descriptor)
{
    const int start = stage2_start_level(s);
    const unsigned stride = page_shift(s->granule) - 3;
    uint64_t *table = (uint64_t *)root;
    for (unsigned at = (unsigned)start;; at++) {
        uint64_t index = ipa >> granule_shift(s->granule, at);
        if (at != (unsigned)start)
            index &= (1UL << stride) - 1;
        if (at == level) {
            table[index] = descriptor;
            return &table[index];
        }
        if ((table[index] & 3) != S2_TABLE)
            table[index] = (uint64_t)table_new(1UL << page_shift(s->granule)) | S2_TABLE;
        table = (uint64_t *)(table[index] & 0xfffffffff000UL);
    }
}

void stage2_map_program(const struct stage2 *s)
{
    const unsigned shift = granule_shift(s->granule, 2);
    for (uint64_t at = 0x40000000; at < 0x44000000; at += 1UL << shift)
        stage2_put(s, at, 2, at | S2_RAM | S2_BLOCK);
}

uint64_t stage2_vtcr(const struct stage2 *s)
{
    return 1UL << 31 | s->vtcr | (uint64_t)s->ps << 16 | (uint64_t)s->granule << 14 | (uint64_t)s->sl0 << 6 | s->t0sz;
}
