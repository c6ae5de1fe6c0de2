/*
 * A function that lies in two pages, hot enough to be compiled, of which the second page becomes another one: after the TLBI for that
 * page alone, what runs is what is there now.
 */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define CODE 0x300000000UL
#define SECOND (CODE + PAGE_SIZE)
#define RET 0xd65f03c0u
#define ADD_X0(n) (0x91000000u | (uint32_t)(n) << 10)
#define SUBS_X1_1 0xf1000421u
#define B(words) (0x14000000u | ((uint32_t)(words) & 0x3ffffff))
#define B_NE(words) (0x54000001u | ((uint32_t)(words) & 0x7ffff) << 5)
#define WORDS (PAGE_SIZE / 4)

static uint32_t first[WORDS] __attribute__((aligned(4096)));
static uint32_t second[4][WORDS] __attribute__((aligned(4096)));

typedef uint64_t function(uint64_t x0, uint64_t rounds);

/* The loop begins in the last two words of the first page. */
#define ENTRY (WORDS - 2)

static void write_code(void)
{
    first[ENTRY] = ADD_X0(1);
    first[ENTRY + 1] = B(1);
    for (unsigned i = 0; i < 4; i++) {
        second[i][0] = ADD_X0(100 * i);
        second[i][1] = SUBS_X1_1;
        second[i][2] = B_NE(-4);
        second[i][3] = RET;
    }
    asm volatile("dsb ish\n\tic iallu\n\tdsb ish\n\tisb" : : : "memory");
}

static void map_second(unsigned i)
{
    *mmu_descriptor(mmu_root, SECOND, 3) = 0;
    asm volatile("dsb ishst\n\ttlbi vaae1, %0\n\tdsb nsh\n\tisb" : : "r"(SECOND >> 12) : "memory");
    mmu_map(mmu_root, SECOND, (uint64_t)second[i], PAGE_SIZE, MAP_CODE);
}

int main(void)
{
    write_code();
    mmu_map(mmu_root, CODE, (uint64_t)first, PAGE_SIZE, MAP_CODE);
    mmu_map(mmu_root, SECOND, (uint64_t)second[0], PAGE_SIZE, MAP_CODE);
    function *const hot = (function *)(CODE + 4 * ENTRY);
    print("first second page: %lu\n", hot(0, 200000));
    for (unsigned i = 1; i < 12; i++) {
        map_second(i % 4);
        print("page %u: once %lu, often %lu\n", i % 4, hot(0, 1), hot(0, 20000));
    }
    return 0;
}
