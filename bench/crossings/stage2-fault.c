/*
 * A load from a page that stage 2 doesn't map: EL2 finds the descriptor from HPFAR_EL2, makes it valid, and the load is tried again.
 * After every 512 pages EL2 unmaps them.
 */
#include "crossing.h"
#include "mmu.h"

const char kernel_name[] = "stage2-fault";
const unsigned kernel_iterations = 2000000;

#define PAGES 512u
#define S2_NORMAL (0xfUL << 2)
#define S2_READ_WRITE (3UL << 6)
#define S2_PAGE (S2_NORMAL | S2_READ_WRITE | PTE_SH_INNER | PTE_AF | PTE_PAGE)
#define VTCR_RES1 BIT(31)
#define VTCR_SL0_LEVEL1 (1UL << 6)
#define HCR_VM BIT(0)

uint64_t stage2_pages[PAGES] __attribute__((aligned(4096)));
static uint64_t stage2_blocks[512] __attribute__((aligned(4096)));
static uint64_t stage2_root[512] __attribute__((aligned(4096)));
static char target[2 << 20] __attribute__((aligned(2 << 20)));

/* Stage 2 faults only: bits 11:4 of HPFAR_EL2 are the page's number in its 2 MB. */
VECTORS("el2_vectors", LOWER_LEVEL_SYNCHRONOUS,
        HVC_CALLS
        "mrs x16, hpfar_el2\n"
        "ubfx x16, x16, #4, #9\n"
        "adrp x17, stage2_pages\n"
        "add x16, x17, x16, lsl #3\n"
        "ldr x17, [x16]\n"
        "orr x17, x17, #1\n"
        "str x17, [x16]\n"
        "dsb ishst\n"
        "eret\n");

static void unmap(uint64_t unused)
{
    (void)unused;
    for (unsigned i = 0; i < PAGES; i++)
        stage2_pages[i] &= ~PTE_VALID;
    asm volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
}

static void enable_stage2(uint64_t unused)
{
    (void)unused;
    const uint64_t first = (uint64_t)target;
    for (unsigned i = 0; i < PAGES; i++)
        stage2_pages[i] = (first + i * PAGE_SIZE) | S2_PAGE;
    for (uint64_t i = 0; i < 512; i++)
        stage2_blocks[i] = (BIT(30) + (i << 21)) | S2_NORMAL | S2_READ_WRITE | PTE_SH_INNER | PTE_AF | PTE_VALID;
    stage2_blocks[first >> 21 & 511] = (uint64_t)stage2_pages | PTE_TABLE | PTE_VALID;
    stage2_root[0] = S2_READ_WRITE | PTE_AF | PTE_VALID; /* devices */
    stage2_root[1] = (uint64_t)stage2_blocks | PTE_TABLE | PTE_VALID;
    write_sysreg(vtcr_el2, VTCR_RES1 | TCR_T0SZ(39UL) | VTCR_SL0_LEVEL1 | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER
                               | 2UL << 16 /* 40-bit addresses */);
    write_sysreg(vttbr_el2, stage2_root);
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_VM);
    unmap(0);
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < PAGES; i++)
        target[i * PAGE_SIZE] = (char)i;
    call_at_el2(enable_el2_mmu, 0);
    call_at_el2(enable_stage2, 0);
    while (iterations > 0) {
        for (unsigned i = 0; i < PAGES && iterations > 0; i++, iterations--) {
            uint64_t value;
            asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(&target[i * PAGE_SIZE]) : "x16", "x17", "cc", "memory");
            checksum += value;
        }
        call_at_el2(unmap, 0);
    }
    return checksum;
}
