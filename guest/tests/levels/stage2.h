/* Tables of stage 1 (EL1&0) and stage 2 for programs at EL3. */
#ifndef STAGE2_H
#define STAGE2_H
#include <stdint.h>

enum granule { GRANULE_4K, GRANULE_64K, GRANULE_16K }; /* as VTCR_EL2.TG0 */

struct stage2 {
    enum granule granule;
    unsigned t0sz, sl0;
    unsigned ps; /* VTCR_EL2.PS */
    uint64_t vtcr; /* other bits */
};

/* Descriptor bits of stage 2. */
#define S2_VALID 1UL
#define S2_TABLE 3UL /* at levels 0 to 2 */
#define S2_BLOCK 1UL /* at levels 1 and 2 */
#define S2_PAGE 3UL
#define S2_ATTR(n) ((uint64_t)(n) << 2)
#define S2_NORMAL S2_ATTR(15)
#define S2_READ (1UL << 6)
#define S2_WRITE (1UL << 7)
#define S2_SH(n) ((uint64_t)(n) << 8)
#define S2_AF (1UL << 10)
#define S2_XN(n) ((uint64_t)(n) << 53)
#define S2_RAM (S2_NORMAL | S2_READ | S2_WRITE | S2_SH(3) | S2_AF)

/* log2 of the bytes that an entry at a level maps. */
unsigned granule_shift(enum granule granule, unsigned level);
/* The level at which a walk starts, -1 for none. */
int stage2_start_level(const struct stage2 *s);

/* Begin new tables: nothing mapped. Returns the value for VTTBR_EL2 (VMID 0). */
uint64_t stage2_new(const struct stage2 *s);
/* Make tables down to `level` for `ipa` and put `descriptor` there. Returns where it was put. */
uint64_t *stage2_put(const struct stage2 *s, uint64_t ipa, unsigned level, uint64_t descriptor);
/* Map the RAM that the program is in to itself, at level 2. */
void stage2_map_program(const struct stage2 *s);
/* VTCR_EL2. */
uint64_t stage2_vtcr(const struct stage2 *s);

/* Memory for tables, all zero; `bytes` is a power of two, and the alignment. */
void *table_new(uint64_t bytes);
/* Forget all tables. */
void tables_reset(void);

#endif
