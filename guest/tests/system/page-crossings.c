/*
 * Accesses that cross from one page into the next, in loops that are hot enough to be compiled, where the pages lie in memory in
 * another order than in addresses: by index, off one base, in pairs, loads and stores, upwards and downwards; and such that cross into a page that isn't there.
 */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define VA 0x300000000UL
#define PAGES 8u
#define SPAN (PAGES * PAGE_SIZE)
#define ROUNDS 12u

static uint8_t memory[PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static volatile unsigned faults;
static volatile uint64_t fault_address;

static void on_exception(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_DATA_ABORT)
        exceptions_die(frame);
    faults++;
    fault_address = frame->far;
    frame->elr += 4;
}

static uint64_t by_index(uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i + 8 <= SPAN; i += step) {
        uint64_t value;
        asm volatile("ldr %0, [%1, %2]" : "=r"(value) : "r"(VA), "r"(i) : "memory");
        sum = sum * 31 + value;
    }
    return sum;
}

static uint64_t by_index_small(uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i + 4 <= SPAN; i += step) {
        uint64_t half, word;
        asm volatile("ldrh %w0, [%2, %3]\n\tldr %w1, [%2, %3]" : "=&r"(half), "=&r"(word) : "r"(VA), "r"(i) : "memory");
        sum = sum * 31 + half * 7 + word;
    }
    return sum;
}

/* Downwards the page that was accessed last is the one that an access ends in. */
static uint64_t downwards(uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t i = SPAN - 8; i >= step; i -= step) {
        uint64_t value;
        asm volatile("ldr %0, [%1, %2]" : "=r"(value) : "r"(VA), "r"(i) : "memory");
        sum = sum * 31 + value;
    }
    return sum;
}

static uint64_t below_one_base(uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t p = VA + 32; p + 8 <= VA + SPAN; p += step) {
        uint64_t a, b, c, d;
        asm volatile("ldr %0, [%4]\n\tldur %1, [%4, #-3]\n\tldp %2, %3, [%4, #-24]"
                     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d) : "r"(p) : "memory");
        sum = sum * 31 + a + 3 * b + 5 * c + 7 * d;
    }
    return sum;
}

static uint64_t off_one_base(uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t p = VA; p + 40 <= VA + SPAN; p += step) {
        uint64_t a, b, c, d;
        asm volatile("ldr %0, [%4]\n\tldr %1, [%4, #8]\n\tldp %2, %3, [%4, #24]"
                     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d) : "r"(p) : "memory");
        sum = sum * 31 + a + 3 * b + 5 * c + 7 * d;
    }
    return sum;
}

static void stores(uint64_t step, uint64_t seed)
{
    for (uint64_t i = SPAN - 24; i >= step; i -= step) {
        const uint64_t value = (seed + i) * 0x9e3779b97f4a7c15UL;
        asm volatile("str %0, [%1, %2]" : : "r"(value), "r"(VA), "r"(i) : "memory");
        asm volatile("ldr x9, [%1]\n\teor x9, x9, %0\n\tstr x9, [%1]\n\tstp x9, %0, [%1, #8]" : : "r"(value), "r"(VA + i) : "x9", "memory");
    }
}

/* By bytes, which never cross. */
static uint64_t digest(void)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < SPAN; i++)
        sum = sum * 131 + *(volatile uint8_t *)(VA + i);
    return sum;
}

static void show_crossings(void)
{
    static const uint64_t steps[] = {1, 3, 5, 13};
    for (unsigned s = 0; s < 4; s++) {
        uint64_t indexed = 0, small = 0, down = 0, based = 0, below = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            indexed = indexed * 17 + by_index(steps[s]);
            small = small * 17 + by_index_small(steps[s]);
            down = down * 17 + downwards(steps[s]);
            below = below * 17 + below_one_base(steps[s]);
            based = based * 17 + off_one_base(steps[s]);
        }
        print("every %lu bytes: by index %016lx %016lx, downwards %016lx\n", steps[s], indexed, small, down);
        print("every %lu bytes: off one base %016lx, below it %016lx\n", steps[s], based, below);
    }
    for (unsigned s = 0; s < 4; s++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            stores(steps[s], round);
        print("stores every %lu bytes: %016lx\n", steps[s], digest());
    }
}

static void show_last_page(void)
{
    faults = 0;
    uint64_t sum = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t value = 0xdead;
        const uint64_t offset = SPAN - 8 + (round % 5000 == 4999 ? round % 8 : 0);
        asm volatile("ldr %0, [%1, %2]" : "+r"(value) : "r"(VA), "r"(offset) : "memory");
        sum = sum * 31 + value;
    }
    print("beyond the last page: faults %u, last at %lx, sum %016lx\n", faults, fault_address, sum);
}

int main(void)
{
    exceptions_handle_with(on_exception);
    for (unsigned i = 0; i < PAGES; i++)
        mmu_map(mmu_root, VA + i * PAGE_SIZE, (uint64_t)memory[(i * 5 + 3) % PAGES], PAGE_SIZE, MAP_DATA);
    for (uint64_t i = 0; i < SPAN; i++)
        *(volatile uint8_t *)(VA + i) = (uint8_t)(i * 167 + (i >> 7));
    show_crossings();
    show_last_page();
    return 0;
}
