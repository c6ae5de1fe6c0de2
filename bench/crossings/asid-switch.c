/* Switches between two address spaces with ASIDs of their own, in each of which 512 pages are read. */
#include "crossing.h"
#include "mmu.h"

const char kernel_name[] = "asid-switch";
const unsigned kernel_iterations = 40000;

#define PAGES 512u
#define VA 0x300000000UL

static char memory[2][PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint64_t *roots[2];

static void make_space(unsigned n)
{
    roots[n] = mmu_new_table();
    for (unsigned i = 0; i < 512; i++)
        roots[n][i] = mmu_root[i];
    for (unsigned i = 0; i < PAGES; i++) {
        mmu_map(roots[n], VA + i * PAGE_SIZE, (uint64_t)memory[n][i], PAGE_SIZE, MAP_DATA | PTE_nG);
        *(uint64_t *)memory[n][i] = n * PAGES + i;
    }
}

static uint64_t touch(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PAGES; i++)
        sum += *(volatile uint64_t *)(VA + i * PAGE_SIZE);
    return sum;
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    make_space(0);
    make_space(1);
    for (unsigned i = 0; i < iterations; i++) {
        write_sysreg(ttbr0_el1, (uint64_t)roots[i % 2] | (i % 2 + 1UL) << 48);
        isb();
        checksum = mix(checksum, touch());
    }
    return checksum;
}
