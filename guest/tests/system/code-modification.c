/* Code written at run time: with the cache maintenance that the architecture asks for (Arm ARM B2.4.4), it is what runs. */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define CODE 0x300000000UL  /* where it runs */
#define ALIAS 0x300100000UL /* where it is written: another address of the same memory */
#define PAGES 2
#define RET 0xd65f03c0u
#define MOVZ_X0(n) (0xd2800000u | (uint32_t)(n) << 5)
#define ADD_X0(n) (0x91000000u | (uint32_t)(n) << 10)
#define B(words) (0x14000000u | ((uint32_t)(words) & 0x3ffffff))

static uint8_t memory[PAGES * PAGE_SIZE] __attribute__((aligned(4096)));

typedef uint64_t function(uint64_t x0);

static void publish(uint64_t address)
{
    asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" : : "r"(address) : "memory");
}

static void write_code(uint64_t offset, uint32_t instruction)
{
    *(volatile uint32_t *)(ALIAS + offset) = instruction;
    publish(ALIAS + offset); /* by any address: the caches here are physically indexed, or behave so */
    publish(CODE + offset);
}

static uint64_t call(uint64_t offset, uint64_t x0)
{
    return ((function *)(CODE + offset))(x0);
}

/* A loop that rewrites one instruction of a hot function each time round. */
static void show_one_instruction(void)
{
    uint64_t sum = 0;
    write_code(0x100, MOVZ_X0(0));
    write_code(0x104, RET);
    for (unsigned i = 0; i < 2000; i++) {
        write_code(0x100, MOVZ_X0(i));
        sum += call(0x100, 0);
    }
    print("one instruction, 2000 versions: sum %lu\n", sum);
}

/* Long enough for a translator to think it hot, then changed. */
static void show_hot(void)
{
    uint64_t x = 0;
    write_code(0x200, ADD_X0(1));
    write_code(0x204, RET);
    for (unsigned i = 0; i < 200000; i++)
        x = call(0x200, x);
    write_code(0x200, ADD_X0(2));
    for (unsigned i = 0; i < 200000; i++)
        x = call(0x200, x);
    print("hot, then changed: %lu\n", x);
}

/* Data beside code in a page: stores to it must not disturb, or be disturbed. */
static void show_mixed_page(void)
{
    volatile uint64_t *data = (volatile uint64_t *)(ALIAS + 0x400);
    uint64_t x = 0;
    *data = 0;
    write_code(0x300, ADD_X0(3));
    write_code(0x304, RET);
    for (unsigned i = 0; i < 5000; i++) {
        x = call(0x300, x);
        *data += x;
    }
    print("data beside code: %lu %lu\n", x, *data);
}

/* Code that spans two pages; the half on the second page changes. */
static void show_page_crossing(void)
{
    const uint64_t end = PAGE_SIZE;
    write_code(end - 8, MOVZ_X0(10));
    write_code(end - 4, ADD_X0(1));
    write_code(end, ADD_X0(2));
    write_code(end + 4, RET);
    uint64_t sum = call(end - 8, 0);
    write_code(end, ADD_X0(20));
    sum = sum * 100 + call(end - 8, 0);
    write_code(end - 4, ADD_X0(5));
    sum = sum * 100 + call(end - 8, 0);
    print("across pages: %lu\n", sum);
}

/* The code changes an instruction that follows in its own page, then runs into it: needs the barriers, and works with them. */
static void show_own_page(void)
{
    static const uint32_t program[] = {
        0xb9001c01, /* str w1, [x0, #28]      the instruction at +28 becomes w1 */
        0x91007000, /* add x0, x0, #28 */
        0xd50b7b20, /* dc cvau, x0 */
        0xd5033b9f, /* dsb ish */
        0xd50b7520, /* ic ivau, x0 */
        0xd5033b9f, /* dsb ish */
        0xd5033fdf, /* isb */
        MOVZ_X0(1), /* replaced */
        RET,
    };
    for (unsigned i = 0; i < sizeof program / 4; i++)
        write_code(0x600 + 4 * i, program[i]);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 100; i++) {
        uint64_t (*const code)(uint64_t, uint64_t) = (uint64_t (*)(uint64_t, uint64_t))(CODE + 0x600);
        sum += code(ALIAS + 0x600, MOVZ_X0(i));
    }
    print("own page: %lu\n", sum);
}

/* The same virtual page shows other memory: no store at all, only a new mapping. */
static void show_remapped(void)
{
    write_code(0x800, MOVZ_X0(111));
    write_code(0x804, RET);
    write_code(PAGE_SIZE + 0x800, MOVZ_X0(222));
    write_code(PAGE_SIZE + 0x804, RET);
    uint64_t sum = 0;
    for (unsigned i = 0; i < 50; i++) {
        uint64_t *entry = mmu_descriptor(mmu_root, CODE, 3);
        *entry = 0;
        tlbi_vmalle1();
        mmu_map(mmu_root, CODE, (uint64_t)memory + (i % 2) * PAGE_SIZE, PAGE_SIZE, MAP_CODE);
        sum = sum * 3 + call(0x800, 0);
    }
    print("remapped: %016lx\n", sum);
    *mmu_descriptor(mmu_root, CODE, 3) = 0;
    tlbi_vmalle1();
    mmu_map(mmu_root, CODE, (uint64_t)memory, PAGE_SIZE, MAP_CODE);
}

/* Branches patched as a linker or a tracer would. */
static void show_branches(void)
{
    write_code(0xa00, B(2));
    write_code(0xa04, RET);
    write_code(0xa08, ADD_X0(1));
    write_code(0xa0c, RET);
    write_code(0xa10, ADD_X0(100));
    write_code(0xa14, RET);
    uint64_t x = 0;
    for (unsigned i = 0; i < 300; i++) {
        write_code(0xa00, B(i % 3 == 2 ? 1 : 2 + 2 * (i % 3)));
        x = call(0xa00, x);
    }
    print("branches: %lu\n", x);
}

/* The whole instruction cache at once. */
static void show_invalidate_all(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 100; i++) {
        ((volatile uint32_t *)ALIAS)[0] = MOVZ_X0(i * 3);
        ((volatile uint32_t *)ALIAS)[1] = RET;
        asm volatile("dc cvau, %0\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : "r"(ALIAS) : "memory");
        sum += call(0, 0);
    }
    print("ic ialluis: %lu\n", sum);
}

int main(void)
{
    mmu_map(mmu_root, CODE, (uint64_t)memory, sizeof memory, MAP_CODE);
    mmu_map(mmu_root, ALIAS, (uint64_t)memory, sizeof memory, MAP_DATA);
    show_one_instruction();
    show_hot();
    show_mixed_page();
    show_page_crossing();
    show_own_page();
    show_remapped();
    show_branches();
    show_invalidate_all();
    return 0;
}
