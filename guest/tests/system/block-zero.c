/*
 * DC ZVA in a loop that is hot enough to be compiled, over pages that are met for the first time: what the loop has in registers
 * must be there after each page's walk. All pages are the same few pages of memory, looked at between rounds.
 */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define VA 0x300000000UL
#define PAGES 512u
#define FRAMES 4u
#define ROUNDS 4u

static uint8_t frames[FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));

struct sums { uint64_t address, sum, mix; };

/* Registers that only the end writes aren't in use while the loop runs. */
static struct sums zero_blocks(uint64_t address, uint64_t blocks, uint64_t size)
{
    register uint64_t x0 asm("x0") = address;
    register uint64_t x1 asm("x1") = blocks;
    register uint64_t x2 asm("x2") = 0;
    register uint64_t x3 asm("x3") = 0;
    register uint64_t x4 asm("x4") = size;
    asm volatile("1:\tdc zva, x0\n\t"
                 "add x0, x0, x4\n\t"
                 "add x2, x2, x0\n\t"
                 "eor x3, x2, x3, ror #7\n\t"
                 "subs x1, x1, #1\n\t"
                 "b.ne 1b\n\t"
                 "mov x9, #1\n\tmov x10, #2\n\tmov x11, #3\n\tmov x12, #4\n\tmov x13, #5\n\tmov x14, #6\n\tmov x15, #7\n\t"
                 "add x3, x3, x9"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                 : "r"(x4)
                 : "x9", "x10", "x11", "x12", "x13", "x14", "x15", "cc", "memory");
    return (struct sums){x0, x2, x3};
}

static void fill(void)
{
    for (unsigned i = 0; i < FRAMES; i++)
        for (unsigned j = 0; j < PAGE_SIZE; j++)
            ((volatile uint8_t *)frames[i])[j] = 0x5a;
}

static uint64_t bytes_left(void)
{
    uint64_t left = 0;
    for (unsigned i = 0; i < FRAMES; i++)
        for (unsigned j = 0; j < PAGE_SIZE; j++)
            left += ((volatile uint8_t *)frames[i])[j] != 0;
    return left;
}

int main(void)
{
    const uint64_t size = 4UL << (read_sysreg(dczid_el0) & 15);
    print("blocks of %lu bytes\n", size);
    for (unsigned i = 0; i < PAGES; i++)
        mmu_map(mmu_root, VA + i * PAGE_SIZE, (uint64_t)frames[i % FRAMES], PAGE_SIZE, MAP_DATA);
    for (unsigned round = 0; round < ROUNDS; round++) {
        fill();
        const uint64_t before = bytes_left();
        const struct sums s = zero_blocks(VA, PAGES * PAGE_SIZE / size, size);
        print("round %u: %lu bytes set before, %lu after; address %lx, sum %016lx, mix %016lx\n", round, before, bytes_left(), s.address,
              s.sum, s.mix);
        tlbi_vmalle1();
    }
    return 0;
}
