/*
 * Translations change: break-before-make, ASIDs, global and non-global pages, and each TLBI. Only what the architecture promises is
 * printed: after TLBI and DSB the new translation, never whether an old one was still cached.
 */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define VA 0x300000000UL
#define GLOBAL_VA 0x300200000UL
#define OTHER_VA 0x300400000UL
#define SPACES 4u

static uint64_t pages[16][PAGE_SIZE / 8] __attribute__((aligned(4096)));
static uint64_t *spaces[SPACES];
static volatile unsigned faults;

static void on_exception(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_DATA_ABORT)
        exceptions_die(frame);
    faults++;
    frame->elr += 4;
}

static uint64_t load(uint64_t va)
{
    uint64_t value = 0xdead;
    asm volatile("ldr %0, [%1]" : "+r"(value) : "r"(va) : "memory");
    return value;
}

static uint64_t page(unsigned n) { return (uint64_t)pages[n]; }

static void use_space(unsigned n, uint64_t asid)
{
    write_sysreg(ttbr0_el1, (uint64_t)spaces[n] | asid << 48);
    isb();
}

static void break_entry(uint64_t *root, uint64_t va)
{
    *mmu_descriptor(root, va, 3) = 0;
}

static void show_break_before_make(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 64; i++) {
        mmu_map(mmu_root, VA, page(i % 8), PAGE_SIZE, MAP_DATA);
        sum = sum * 5 + load(VA);
        break_entry(mmu_root, VA);
        tlbi_vae1(VA, 0);
    }
    print("break-before-make, 64 rounds: %016lx, faults %u\n", sum, faults);
    print("broken: %lx, faults %u\n", load(VA), faults);
}

static void show_permission_changes(void)
{
    faults = 0;
    mmu_map(mmu_root, VA, page(0), PAGE_SIZE, MAP_RODATA);
    asm volatile("str %0, [%1]" : : "r"(1UL), "r"(VA) : "memory");
    print("store to read-only: faults %u\n", faults);
    *mmu_descriptor(mmu_root, VA, 3) &= ~PTE_AP_READ_ONLY;
    tlbi_vae1(VA, 0);
    asm volatile("str %0, [%1]" : : "r"(1000UL), "r"(VA) : "memory");
    print("store after it became writable: faults %u, value %lu\n", faults, load(VA));
    *mmu_descriptor(mmu_root, VA, 3) |= PTE_AP_READ_ONLY;
    tlbi_vae1(VA, 0);
    asm volatile("str %0, [%1]" : : "r"(2000UL), "r"(VA) : "memory");
    print("store after it became read-only: faults %u, value %lu\n", faults, load(VA));
    /* A fault must not be cached: invalid to valid needs no TLBI. */
    break_entry(mmu_root, VA);
    tlbi_vae1(VA, 0);
    faults = 0;
    load(VA);
    mmu_map(mmu_root, VA, page(3), PAGE_SIZE, MAP_DATA);
    print("valid after a fault without TLBI: %lu, faults %u\n", load(VA), faults);
    pages[0][0] = 100;
}

/* Each space: the program's own mappings (global), VA to its own page (nG), GLOBAL_VA to page 8. */
static void build_spaces(void)
{
    for (unsigned n = 0; n < SPACES; n++) {
        spaces[n] = mmu_new_table();
        for (unsigned i = 0; i < 4; i++)
            spaces[n][i] = mmu_root[i]; /* up to 4 GB: devices and the image */
        mmu_map(spaces[n], VA, page(n), PAGE_SIZE, MAP_DATA | PTE_nG);
        mmu_map(spaces[n], GLOBAL_VA, page(8), PAGE_SIZE, MAP_DATA);
        mmu_map(spaces[n], OTHER_VA, page(n + 4), PAGE_SIZE, MAP_DATA | PTE_nG);
    }
    tlbi_vmalle1();
}

static void show_switches(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 1000; i++) {
        const unsigned n = i * 7 % SPACES;
        use_space(n, n + 1);
        sum = sum * 3 + load(VA) + load(OTHER_VA) + load(GLOBAL_VA);
    }
    print("1000 switches among %u ASIDs: %016lx\n", SPACES, sum);
}

/* Change VA in space 1 while another space runs; invalidate as `how` says; look from space 1. */
static void show_invalidation(const char *how, void (*invalidate)(void), unsigned new_page)
{
    use_space(1, 2);
    const uint64_t before = load(VA);
    use_space(2, 3);
    const uint64_t other_before = load(VA);
    break_entry(spaces[1], VA);
    invalidate();
    mmu_map(spaces[1], VA, page(new_page), PAGE_SIZE, MAP_DATA | PTE_nG);
    const uint64_t other_after = load(VA);
    use_space(1, 2);
    print("%s: space 1 %lu -> %lu, space 2 %lu -> %lu\n", how, before, load(VA), other_before, other_after);
}

static void by_address(void) { asm volatile("dsb ishst\n\ttlbi vae1, %0\n\tdsb nsh\n\tisb" : : "r"(VA >> 12 | 2UL << 48) : "memory"); }
static void by_address_inner(void) { asm volatile("dsb ishst\n\ttlbi vae1is, %0\n\tdsb ish\n\tisb" : : "r"(VA >> 12 | 2UL << 48) : "memory"); }
static void by_last_level(void) { asm volatile("dsb ishst\n\ttlbi vale1is, %0\n\tdsb ish\n\tisb" : : "r"(VA >> 12 | 2UL << 48) : "memory"); }
static void by_address_all_asids(void) { asm volatile("dsb ishst\n\ttlbi vaae1is, %0\n\tdsb ish\n\tisb" : : "r"(VA >> 12) : "memory"); }
static void by_last_level_all_asids(void) { asm volatile("dsb ishst\n\ttlbi vaale1, %0\n\tdsb ish\n\tisb" : : "r"(VA >> 12) : "memory"); }
static void by_asid(void) { asm volatile("dsb ishst\n\ttlbi aside1is, %0\n\tdsb ish\n\tisb" : : "r"(2UL << 48) : "memory"); }
static void everything(void) { asm volatile("dsb ishst\n\ttlbi vmalle1\n\tdsb ish\n\tisb" : : : "memory"); }

/* A global page is found under every ASID, and its invalidation by address reaches it whatever ASID is named. */
static void show_global(void)
{
    use_space(0, 1);
    const uint64_t before = load(GLOBAL_VA);
    for (unsigned n = 0; n < SPACES; n++)
        break_entry(spaces[n], GLOBAL_VA);
    tlbi_vae1(GLOBAL_VA, 77);
    for (unsigned n = 0; n < SPACES; n++)
        mmu_map(spaces[n], GLOBAL_VA, page(9), PAGE_SIZE, MAP_DATA);
    uint64_t after[SPACES];
    for (unsigned n = 0; n < SPACES; n++) {
        use_space(n, n + 1);
        after[n] = load(GLOBAL_VA);
    }
    print("global page: %lu -> %lu %lu %lu %lu\n", before, after[0], after[1], after[2], after[3]);
}

/* An ASID given to another space, as an operating system does when it runs out. */
static void show_reused_asid(void)
{
    use_space(0, 9);
    const uint64_t first = load(VA);
    use_space(3, 8);
    asm volatile("dsb ishst\n\ttlbi aside1, %0\n\tdsb nsh\n\tisb" : : "r"(9UL << 48) : "memory");
    use_space(3, 9);
    print("ASID 9 reused: %lu then %lu\n", first, load(VA));
}

/* A table entry changes: everything under it is another memory. */
static void show_table_change(void)
{
    use_space(0, 1);
    uint64_t *entry = mmu_descriptor(spaces[0], OTHER_VA, 2);
    const uint64_t first = load(OTHER_VA);
    uint64_t *table = mmu_new_table();
    table[0] = page(12) | MAP_DATA | PTE_nG | PTE_VALID | PTE_PAGE;
    table[1] = page(13) | MAP_DATA | PTE_nG | PTE_VALID | PTE_PAGE;
    *entry = 0;
    tlbi_vae1(OTHER_VA, 1);
    *entry = (uint64_t)table | PTE_TABLE | PTE_VALID;
    dsb_ish();
    isb();
    print("another table: %lu -> %lu, next page %lu\n", first, load(OTHER_VA), load(OTHER_VA + PAGE_SIZE));
    /* And a block in place of the table. */
    *entry = 0;
    tlbi_vae1(OTHER_VA, 1);
    tlbi_vae1(OTHER_VA + PAGE_SIZE, 1);
    const uint64_t block = page(0) & ~0x1fffffUL;
    *entry = block | MAP_DATA | PTE_nG | PTE_VALID;
    dsb_ish();
    isb();
    print("a block: %lu %lu\n", load(OTHER_VA + (page(5) - block)), load(OTHER_VA + (page(13) - block)));
    *entry = 0;
    tlbi_vae1(OTHER_VA, 1);
    faults = 0;
    load(OTHER_VA + (page(5) - block));
    print("block invalidated by another of its addresses: faults %u\n", faults);
}

/* TTBR1 with its own ASID choice (TCR_EL1.A1), and 16-bit ASIDs where the core has them. */
static void show_upper_half(void)
{
    const uint64_t tcr = read_sysreg(tcr_el1);
    const uint64_t upper = 0xffffff8000000000UL;
    uint64_t *table = mmu_new_table();
    mmu_map(table, 0, page(10), PAGE_SIZE, MAP_DATA | PTE_nG);
    mmu_map(table, PAGE_SIZE, page(11), PAGE_SIZE, MAP_DATA);
    write_sysreg(ttbr1_el1, (uint64_t)table);
    write_sysreg(tcr_el1, (tcr & ~TCR_EPD1) | TCR_T1SZ(39) | TCR_IRGN1_WBWA | TCR_ORGN1_WBWA | TCR_SH1_INNER | TCR_TG1_4K);
    tlbi_vmalle1();
    uint64_t sum = 0;
    for (unsigned i = 0; i < 100; i++) {
        use_space(i % SPACES, i % SPACES + 1);
        sum = sum * 3 + load(upper) + load(upper + PAGE_SIZE) + load(VA);
    }
    faults = 0;
    load(upper + 2 * PAGE_SIZE);
    load(upper - 8);
    print("upper half: %016lx, faults outside %u\n", sum, faults);
    write_sysreg(tcr_el1, tcr);
    tlbi_vmalle1();
}

/* MMU off and on again: flat addresses in between, everything as it was after. */
static void show_mmu_off(void)
{
    const uint64_t sctlr = read_sysreg(sctlr_el1);
    uint64_t flat;
    use_space(2, 3);
    asm volatile("dsb sy\n\tmsr sctlr_el1, %1\n\tisb\n\tldr %0, [%2]\n\tmsr sctlr_el1, %3\n\tisb"
                 : "=&r"(flat)
                 : "r"(sctlr & ~SCTLR_M), "r"(page(6)), "r"(sctlr)
                 : "memory");
    print("mmu off: %lu, on again: %lu\n", flat, load(VA));
}

int main(void)
{
    for (unsigned i = 0; i < 16; i++)
        pages[i][0] = 100 + i;
    exceptions_handle_with(on_exception);
    show_break_before_make();
    show_permission_changes();
    build_spaces();
    show_switches();
    show_invalidation("vae1", by_address, 5);
    show_invalidation("vae1is", by_address_inner, 6);
    show_invalidation("vale1is", by_last_level, 7);
    show_invalidation("vaae1is", by_address_all_asids, 8);
    show_invalidation("vaale1", by_last_level_all_asids, 9);
    show_invalidation("aside1is", by_asid, 10);
    show_invalidation("vmalle1", everything, 11);
    show_global();
    show_reused_asid();
    show_table_change();
    show_upper_half();
    show_mmu_off();
    use_space(0, 1);
    return 0;
}
