/* EL1&0 stage 1 with the 4 KB granule and 39-bit addresses: three levels, 1 GB and 2 MB blocks, 4 KB pages. */
#ifndef MMU_H
#define MMU_H
#include "sysreg.h"
#include <stdint.h>

/* Indices into MAIR_EL1 as mmu_enable() sets it. */
enum memory_type { DEVICE_nGnRnE, DEVICE_nGnRE, NORMAL_NON_CACHEABLE, NORMAL_WRITE_BACK };

/* Descriptor fields (Arm ARM D8.3). */
#define PTE_VALID BIT(0)
#define PTE_TABLE BIT(1)
#define PTE_PAGE BIT(1)
#define PTE_TYPE(type) ((uint64_t)(type) << 2)
#define PTE_AP_EL0 BIT(6)
#define PTE_AP_READ_ONLY BIT(7)
#define PTE_SH_INNER (3UL << 8)
#define PTE_AF BIT(10)
#define PTE_nG BIT(11)
#define PTE_CONTIGUOUS BIT(52)
#define PTE_PXN BIT(53)
#define PTE_UXN BIT(54)
#define PTE_TABLE_PXN BIT(59)
#define PTE_TABLE_UXN BIT(60)
#define PTE_TABLE_AP_NO_EL0 BIT(61)
#define PTE_TABLE_AP_READ_ONLY BIT(62)

/* Whole attribute sets. */
#define MAP_DEVICE (PTE_TYPE(DEVICE_nGnRE) | PTE_AF | PTE_PXN | PTE_UXN)
#define MAP_NORMAL (PTE_TYPE(NORMAL_WRITE_BACK) | PTE_SH_INNER | PTE_AF)
#define MAP_DATA (MAP_NORMAL | PTE_PXN | PTE_UXN)
#define MAP_RODATA (MAP_DATA | PTE_AP_READ_ONLY)
#define MAP_CODE (MAP_NORMAL | PTE_AP_READ_ONLY | PTE_UXN)
#define MAP_USER_CODE (MAP_NORMAL | PTE_AP_READ_ONLY | PTE_AP_EL0)
#define MAP_USER_DATA (MAP_NORMAL | PTE_AP_EL0 | PTE_PXN | PTE_UXN)

#define PAGE_SIZE 4096UL

/* The TTBR0_EL1 table that start-up makes: devices, the image by section, and the rest of RAM as data, all at their own address. */
extern uint64_t mmu_root[512];

void mmu_build_identity_map(void);
/* Set MAIR, TCR, TTBR0 and SCTLR_EL1 on this PE and turn translation and caches on. */
void mmu_enable(void);
/*
 * Map [va, va + size) to pa in the tables under `root`, with the largest blocks that fit. Entries there are overwritten, and a block
 * that has to become a table is lost as a whole; no TLBI.
 */
void mmu_map(uint64_t *root, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes);
/* The descriptor that maps va at `level`, for a test to change; tables down to it must exist. */
uint64_t *mmu_descriptor(uint64_t *root, uint64_t va, unsigned level);
/* A zeroed 4 KB table from the pool. */
uint64_t *mmu_new_table(void);

static inline void tlbi_vmalle1(void) { asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory"); }
/* By address and ASID, last level and walk entries. */
static inline void tlbi_vae1(uint64_t va, uint64_t asid)
{
    asm volatile("dsb ishst\n\ttlbi vae1is, %0\n\tdsb ish\n\tisb" : : "r"((va >> 12 & 0xfffffffffffUL) | asid << 48) : "memory");
}

#endif
