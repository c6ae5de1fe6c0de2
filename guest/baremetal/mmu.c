#include "mmu.h"
#include "print.h"
#include "semihosting.h"
#include "virt.h"

#define ENTRIES 512
#define POOL_TABLES 48
#define OUTPUT_ADDRESS 0x0000fffffffff000UL
#define VA_BITS 39UL
#define FIRST_LEVEL 1u
#define PARANGE_48_BITS 5UL

extern char __text_start[], __text_end[], __user_start[], __user_end[], __rodata_start[], __rodata_end[], __data_start[];

uint64_t mmu_root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pool[POOL_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned pool_used;

uint64_t *mmu_new_table(void)
{
    if (pool_used == POOL_TABLES) {
        print("mmu: out of tables\n");
        semihosting_exit(4);
    }
    return pool[pool_used++];
}

static uint64_t level_span(unsigned level)
{
    return 1UL << (12 + 9 * (3 - level));
}

static uint64_t *next_table(uint64_t entry)
{
    return (uint64_t *)(entry & OUTPUT_ADDRESS);
}

static void map_level(uint64_t *table, unsigned level, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
    const uint64_t span = level_span(level);
    while (size) {
        uint64_t *entry = &table[va / span % ENTRIES];
        uint64_t part = span - va % span < size ? span - va % span : size;
        if (part == span && pa % span == 0) {
            *entry = pa | attributes | PTE_VALID | (level == 3 ? PTE_PAGE : 0);
        } else {
            if (!(*entry & PTE_VALID) || !(*entry & PTE_TABLE))
                *entry = (uint64_t)mmu_new_table() | PTE_VALID | PTE_TABLE;
            map_level(next_table(*entry), level + 1, va, pa, part, attributes);
        }
        va += part;
        pa += part;
        size -= part;
    }
}

void mmu_map(uint64_t *root, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
    map_level(root, FIRST_LEVEL, va, pa, size, attributes);
    dsb_ish(); /* the walker must see the entries before anyone uses the addresses */
    isb();
}

uint64_t *mmu_descriptor(uint64_t *root, uint64_t va, unsigned level)
{
    uint64_t *table = root;
    for (unsigned at = FIRST_LEVEL; at < level; at++)
        table = next_table(table[va / level_span(at) % ENTRIES]);
    return &table[va / level_span(level) % ENTRIES];
}

static void map_section(const char *start, const char *end, uint64_t attributes)
{
    if (end > start)
        mmu_map(mmu_root, (uint64_t)start, (uint64_t)start, (uint64_t)(end - start), attributes);
}

void mmu_build_identity_map(void)
{
    const uint64_t image = (uint64_t)__text_start;
    const uint64_t data = (uint64_t)__data_start;
    mmu_map(mmu_root, 0, 0, VIRT_MMIO_END, MAP_DEVICE);
    mmu_map(mmu_root, VIRT_RAM_BASE, VIRT_RAM_BASE, image - VIRT_RAM_BASE, MAP_DATA);
    map_section(__text_start, __text_end, MAP_CODE);
    map_section(__user_start, __user_end, MAP_USER_CODE);
    map_section(__rodata_start, __rodata_end, MAP_RODATA);
    mmu_map(mmu_root, data, data, VIRT_RAM_BASE + VIRT_RAM_USED - data, MAP_DATA);
}

void mmu_enable(void)
{
    uint64_t parange = field(read_sysreg(id_aa64mmfr0_el1), 3, 0);
    if (parange > PARANGE_48_BITS)
        parange = PARANGE_48_BITS; /* 52 bits need FEAT_LPA2 with this granule */

    write_sysreg(mair_el1, 0x00UL << 8 * DEVICE_nGnRnE
                               | 0x04UL << 8 * DEVICE_nGnRE
                               | 0x44UL << 8 * NORMAL_NON_CACHEABLE
                               | 0xffUL << 8 * NORMAL_WRITE_BACK); /* inner and outer, read and write allocate */
    write_sysreg(tcr_el1, TCR_T0SZ(VA_BITS)
                              | TCR_IRGN0_WBWA /* walks go through the caches */
                              | TCR_ORGN0_WBWA
                              | TCR_SH0_INNER /* and are coherent with the other PEs' */
                              | TCR_TG0_4K
                              | TCR_EPD1 /* the upper half is not used */
                              | TCR_IPS(parange));
    write_sysreg(ttbr0_el1, mmu_root);
    tlbi_vmalle1();
    asm volatile("ic iallu\n\tdsb ish" : : : "memory");
    isb();
    write_sysreg(sctlr_el1, SCTLR_RES1
                                | SCTLR_M /* translate */
                                | SCTLR_C /* data accesses may be cached */
                                | SCTLR_I /* and so may instruction fetches */
                                | SCTLR_SA /* SP must be aligned at EL1 */
                                | SCTLR_SA0); /* and at EL0 */
    isb();
}
