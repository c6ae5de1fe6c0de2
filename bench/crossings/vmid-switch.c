/* EL2 switches between two virtual machines with VMIDs of their own, in each of which 512 pages are read. */
#include "crossing.h"
#include "mmu.h"

const char kernel_name[] = "vmid-switch";
const unsigned kernel_iterations = 40000;

#define PAGES 512u
#define S2_NORMAL (0xfUL << 2)
#define S2_READ_WRITE (3UL << 6)
#define S2_BLOCK (S2_NORMAL | S2_READ_WRITE | PTE_SH_INNER | PTE_AF | PTE_VALID)
#define VTCR_RES1 BIT(31)
#define VTCR_SL0_LEVEL1 (1UL << 6)
#define HCR_VM BIT(0)

/* Both machines see their own memory at the same address: that of the first. */
static char memory[2][PAGES][PAGE_SIZE] __attribute__((aligned(2 << 20)));
static uint64_t pages[2][512] __attribute__((aligned(4096)));
static uint64_t blocks[2][512] __attribute__((aligned(4096)));
static uint64_t roots[2][512] __attribute__((aligned(4096)));

VECTORS("el2_vectors", LOWER_LEVEL_SYNCHRONOUS,
        "cbnz x0, crossing_call\n"
        "msr vttbr_el2, x1\n"
        "isb\n"
        "eret\n");

static uint64_t vttbr(unsigned n) { return (uint64_t)roots[n] | (n + 1UL) << 48; }

static void make_machine(unsigned n)
{
    for (unsigned i = 0; i < PAGES; i++) {
        pages[n][i] = (uint64_t)memory[n][i] | S2_BLOCK | PTE_PAGE;
        *(uint64_t *)memory[n][i] = n * PAGES + i;
    }
    for (uint64_t i = 0; i < 512; i++)
        blocks[n][i] = (BIT(30) + (i << 21)) | S2_BLOCK;
    blocks[n][(uint64_t)memory >> 21 & 511] = (uint64_t)pages[n] | PTE_TABLE | PTE_VALID;
    roots[n][0] = S2_READ_WRITE | PTE_AF | PTE_VALID; /* devices */
    roots[n][1] = (uint64_t)blocks[n] | PTE_TABLE | PTE_VALID;
}

static void enable_stage2(uint64_t unused)
{
    (void)unused;
    write_sysreg(vtcr_el2, VTCR_RES1 | TCR_T0SZ(39UL) | VTCR_SL0_LEVEL1 | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER
                               | 2UL << 16 /* 40-bit addresses */);
    write_sysreg(vttbr_el2, vttbr(0));
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_VM);
    asm volatile("tlbi alle1\n\tdsb ish\n\tisb" : : : "memory");
}

static uint64_t touch(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PAGES; i++)
        sum += *(volatile uint64_t *)memory[0][i];
    return sum;
}

static void switch_to(unsigned n)
{
    register uint64_t x0 asm("x0") = 0;
    register uint64_t x1 asm("x1") = vttbr(n);
    asm volatile("hvc #0" : : "r"(x0), "r"(x1) : "memory");
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    make_machine(0);
    make_machine(1);
    call_at_el2(enable_stage2, 0);
    for (unsigned i = 0; i < iterations; i++) {
        switch_to(i % 2);
        checksum = mix(checksum, touch());
    }
    switch_to(0);
    return checksum;
}
