/* Data and instruction aborts: exact syndrome, address and return address for each kind of fault and each kind of access. */
#include "../probe.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

#define WINDOW 0x200000000UL
#define PAGE(n) (WINDOW + (n) * PAGE_SIZE)
#define EL1_RW PAGE(0)
#define EL1_RO PAGE(1)
#define USER_RW PAGE(2)
#define USER_RO PAGE(3)
#define NO_ACCESS_FLAG PAGE(4)
#define DEVICE PAGE(5)
#define TOO_HIGH PAGE(6)
#define BEFORE_HOLE PAGE(7)
#define HOLE PAGE(8)
#define NON_CACHEABLE PAGE(9)
#define USER_EXECUTE_ONLY PAGE(10)
#define USER_WRITABLE_CODE PAGE(11)
#define RESERVED PAGE(12)
#define NO_EXECUTE PAGE(13)
#define NO_BUS PAGE(14)
#define PRIVILEGED_NO_EXECUTE PAGE(15)

#define MB2 0x200000UL
#define GB 0x40000000UL
#define LEVEL2_HOLE (WINDOW + 2 * MB2)
#define LEVEL2_NO_ACCESS_FLAG (WINDOW + 3 * MB2)
#define LEVEL2_TOO_HIGH (WINDOW + 4 * MB2)
#define LEVEL2_TABLE_TOO_HIGH (WINDOW + 5 * MB2)
#define LEVEL2_RO (WINDOW + 6 * MB2)
#define UNDER_TABLE_LIMITS (WINDOW + 7 * MB2)
#define LEVEL2_TABLE_NO_BUS (WINDOW + 8 * MB2)
#define LEVEL1_HOLE (WINDOW + GB)
#define LEVEL1_NO_ACCESS_FLAG (WINDOW + 2 * GB)
#define LEVEL1_TOO_HIGH (WINDOW + 3 * GB)
#define LEVEL1_RO (WINDOW + 4 * GB)
#define BEYOND_T0SZ 0x8000000000UL
#define UPPER_HALF 0xffffff8000000000UL

#define BEYOND_PA (1UL << 46) /* the cores here have 44 bits, or 48 */
#define EMPTY_PA 0x0b800000UL /* nothing answers there on the virt board */

static uint64_t data[PAGE_SIZE / 8] __attribute__((aligned(4096)));

static void map(uint64_t va, uint64_t attributes)
{
    mmu_map(mmu_root, va, (uint64_t)data, PAGE_SIZE, attributes);
}

static void build_window(void)
{
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        data[i] = 0xd65f03c0d65f03c0; /* RET, for the pages that are executed */
    map(EL1_RW, MAP_DATA);
    map(EL1_RO, MAP_RODATA);
    map(USER_RW, MAP_USER_DATA);
    map(USER_RO, MAP_USER_DATA | PTE_AP_READ_ONLY);
    map(NO_ACCESS_FLAG, MAP_DATA & ~PTE_AF);
    map(DEVICE, PTE_TYPE(DEVICE_nGnRnE) | PTE_AF | PTE_PXN | PTE_UXN);
    map(BEFORE_HOLE, MAP_DATA);
    map(NON_CACHEABLE, PTE_TYPE(NORMAL_NON_CACHEABLE) | PTE_AF | PTE_PXN | PTE_UXN);
    map(USER_EXECUTE_ONLY, MAP_NORMAL | PTE_AP_READ_ONLY);
    map(USER_WRITABLE_CODE, MAP_NORMAL | PTE_AP_EL0);
    map(RESERVED, MAP_DATA);
    *mmu_descriptor(mmu_root, RESERVED, 3) &= ~PTE_PAGE; /* 0b01 is reserved at level 3 */
    map(NO_EXECUTE, MAP_DATA);
    map(PRIVILEGED_NO_EXECUTE, MAP_USER_CODE | PTE_PXN);
    mmu_map(mmu_root, TOO_HIGH, BEYOND_PA, PAGE_SIZE, MAP_DATA);
    mmu_map(mmu_root, NO_BUS, EMPTY_PA, PAGE_SIZE, MAP_DEVICE);

    mmu_map(mmu_root, LEVEL2_NO_ACCESS_FLAG, 0x40000000, MB2, MAP_DATA & ~PTE_AF);
    mmu_map(mmu_root, LEVEL2_TOO_HIGH, BEYOND_PA, MB2, MAP_DATA);
    mmu_map(mmu_root, LEVEL2_RO, 0x40000000, MB2, MAP_RODATA);
    *mmu_descriptor(mmu_root, LEVEL2_TABLE_TOO_HIGH, 2) = BEYOND_PA | PTE_TABLE | PTE_VALID;
    *mmu_descriptor(mmu_root, LEVEL2_TABLE_NO_BUS, 2) = EMPTY_PA | PTE_TABLE | PTE_VALID;
    map(UNDER_TABLE_LIMITS, MAP_NORMAL | PTE_AP_EL0);
    *mmu_descriptor(mmu_root, UNDER_TABLE_LIMITS, 2) |= PTE_TABLE_AP_READ_ONLY | PTE_TABLE_AP_NO_EL0 | PTE_TABLE_PXN | PTE_TABLE_UXN;
    mmu_map(mmu_root, LEVEL1_NO_ACCESS_FLAG, 0x40000000, GB, MAP_DATA & ~PTE_AF);
    mmu_map(mmu_root, LEVEL1_TOO_HIGH, BEYOND_PA, GB, MAP_DATA);
    mmu_map(mmu_root, LEVEL1_RO, 0x40000000, GB, MAP_RODATA);
    tlbi_vmalle1();
}

static uint64_t saved_sctlr;
static void check_alignment(void) { saved_sctlr = read_sysreg(sctlr_el1); write_sysreg(sctlr_el1, saved_sctlr | SCTLR_A); }
static void write_implies_xn(void)
{
    saved_sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr_el1, saved_sctlr | SCTLR_WXN);
    tlbi_vmalle1();
}
static void restore_sctlr(void) { write_sysreg(sctlr_el1, saved_sctlr); tlbi_vmalle1(); }

BODY(load_byte, "ldrb w1, [x0]")
BODY(load_half, "ldrh w1, [x0]")
BODY(load_word, "ldr w1, [x0]")
BODY(load_signed_word, "ldrsw x1, [x0]")
BODY(load_double, "nop\nldr x1, [x0]")
BODY(load_pre_index, "ldr x1, [x0, #8]!")
BODY(load_post_index, "ldr x1, [x0], #16")
BODY(load_pair, "ldp x1, x2, [x0]")
BODY(load_pair_post_index, "ldp x1, x2, [x0], #32")
BODY(load_over_base, "ldr x0, [x0]")
BODY(load_acquire, "ldar x1, [x0]")
BODY(load_exclusive, "ldxr x1, [x0]")
BODY(load_exclusive_pair, "ldxp x1, x2, [x0]")
BODY(load_unprivileged, "ldtr x1, [x0]")
BODY(load_q, "ldr q0, [x0]")
BODY(load_structures, "ld4 {v0.16b-v3.16b}, [x0]")
BODY(load_one_lane, "ld1 {v0.d}[1], [x0]")
BODY(store_byte, "strb w1, [x0]")
BODY(store_word, "str w1, [x0]")
BODY(store_double, "str x1, [x0]")
BODY(store_pre_index, "str x1, [x0, #-8]!")
BODY(store_pair, "stp x1, x2, [x0]")
BODY(store_release, "stlr x1, [x0]")
BODY(store_exclusive, "ldxr x3, [x1]\nstxr w2, x3, [x0]")
BODY(store_unprivileged, "sttr x1, [x0]")
BODY(store_q, "str q0, [x0]")
BODY(prefetch, "prfm pldl1keep, [x0]")
BODY(zero_line, "dc zva, x0")
BODY(clean_to_unification, "dc cvau, x0")
BODY(clean_invalidate, "dc civac, x0")
BODY(invalidate_data, "dc ivac, x0")
BODY(invalidate_instructions, "ic ivau, x0")
BODY(call, "mov x1, x30\nblr x0\nmov x30, x1")
/* PAR_EL1.NS is UNKNOWN in Non-secure state: cleared. */
BODY(translate_read, "at s1e1r, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")
BODY(translate_write, "at s1e1w, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")
BODY(translate_user_read, "at s1e0r, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")
BODY(translate_user_write, "at s1e0w, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")

static const struct probe_case cases[] = {
    /* Translation faults */
    {"translation level 0: beyond T0SZ", load_double, AT_EL1h, BEYOND_T0SZ, 0, 0, 0},
    {"translation level 0: EPD1", load_double, AT_EL1h, UPPER_HALF, 0, 0, 0},
    {"translation level 0: not canonical", load_double, AT_EL1h, 0x00ff000000001000, 0, 0, 0},
    {"translation level 1", load_double, AT_EL1h, LEVEL1_HOLE + 0x123, 0, 0, 0},
    {"translation level 2", load_double, AT_EL1h, LEVEL2_HOLE + 0x1fffff, 0, 0, 0},
    {"translation level 3", load_double, AT_EL1h, HOLE + 8, 0, 0, 0},
    {"translation level 3: reserved entry", load_double, AT_EL1h, RESERVED, 0, 0, 0},
    {"translation level 1 from EL0", load_double, AT_EL0, LEVEL1_HOLE, 0, 0, 0},
    {"translation level 3 from EL0", store_double, AT_EL0, HOLE, 0, 0, 0},
    {"translation level 0 from EL1t", store_double, AT_EL1t, BEYOND_T0SZ, 0, 0, 0},

    /* Each kind of access, to the level 3 hole */
    {"ldrb", load_byte, AT_EL1h, HOLE + 1, 0, 0, 0},
    {"ldrh", load_half, AT_EL1h, HOLE + 2, 0, 0, 0},
    {"ldrsw", load_signed_word, AT_EL1h, HOLE + 4, 0, 0, 0},
    {"ldr pre-index", load_pre_index, AT_EL1h, HOLE, 0, 0, 0},
    {"ldr post-index", load_post_index, AT_EL1h, HOLE, 0, 0, 0},
    {"ldr over its base", load_over_base, AT_EL1h, HOLE, 0, 0, 0},
    {"ldp", load_pair, AT_EL1h, HOLE, 0, 0, 0},
    {"ldp post-index", load_pair_post_index, AT_EL1h, HOLE, 0, 0, 0},
    {"ldar", load_acquire, AT_EL1h, HOLE, 0, 0, 0},
    {"ldxr", load_exclusive, AT_EL1h, HOLE, 0, 0, 0},
    {"ldxp", load_exclusive_pair, AT_EL1h, HOLE, 0, 0, 0},
    {"ldtr", load_unprivileged, AT_EL1h, HOLE, 0, 0, 0},
    {"ldr q", load_q, AT_EL1h, HOLE, 0, 0, 0},
    {"ld4", load_structures, AT_EL1h, HOLE, 0, 0, 0},
    {"ld1 lane", load_one_lane, AT_EL1h, HOLE, 0, 0, 0},
    {"strb", store_byte, AT_EL1h, HOLE + 3, 0, 0, 0},
    {"str pre-index", store_pre_index, AT_EL1h, HOLE + 0x10, 0, 0, 0},
    {"stp", store_pair, AT_EL1h, HOLE, 0, 0, 0},
    {"stlr", store_release, AT_EL1h, HOLE, 0, 0, 0},
    {"sttr", store_unprivileged, AT_EL1h, HOLE, 0, 0, 0},
    {"str q", store_q, AT_EL1h, HOLE, 0, 0, 0},
    {"prfm is a hint", prefetch, AT_EL1h, HOLE, 0, 0, 0},
    {"dc zva", zero_line, AT_EL1h, HOLE + 0x48, 0, 0, 0},
    {"dc cvau", clean_to_unification, AT_EL1h, HOLE + 0x48, 0, 0, 0},
    {"dc civac", clean_invalidate, AT_EL1h, HOLE + 0x48, 0, 0, 0},
    {"dc ivac", invalidate_data, AT_EL1h, HOLE + 0x48, 0, 0, 0},

    /* Accesses that cross from a page into the hole */
    {"ldr across into the hole", load_double, AT_EL1h, HOLE - 4, 0, 0, 0},
    {"ldrh across into the hole", load_half, AT_EL1h, HOLE - 1, 0, 0, 0},
    {"str across into the hole", store_double, AT_EL1h, HOLE - 1, 0, 0, 0},
    {"ldp across into the hole", load_pair, AT_EL1h, HOLE - 8, 0, 0, 0},
    {"ldr q across into the hole", load_q, AT_EL1h, HOLE - 8, 0, 0, 0},
    {"ld4 across into the hole", load_structures, AT_EL1h, HOLE - 32, 0, 0, 0},
    {"ldr across out of the hole", load_double, AT_EL1h, HOLE + 0xffc, 0, 0, 0},

    /* Access flag and address size */
    {"access flag level 1", load_word, AT_EL1h, LEVEL1_NO_ACCESS_FLAG, 0, 0, 0},
    {"access flag level 2", load_word, AT_EL1h, LEVEL2_NO_ACCESS_FLAG, 0, 0, 0},
    {"access flag level 3", store_word, AT_EL1h, NO_ACCESS_FLAG, 0, 0, 0},
    {"address size level 1", load_word, AT_EL1h, LEVEL1_TOO_HIGH, 0, 0, 0},
    {"address size level 2", load_word, AT_EL1h, LEVEL2_TOO_HIGH, 0, 0, 0},
    {"address size level 2: table", load_word, AT_EL1h, LEVEL2_TABLE_TOO_HIGH, 0, 0, 0},
    {"address size level 3", store_word, AT_EL1h, TOO_HIGH, 0, 0, 0},
    {"external abort", load_word, AT_EL1h, NO_BUS, 0, 0, 0},
    {"external abort on a walk, level 3", load_word, AT_EL1h, LEVEL2_TABLE_NO_BUS, 0, 0, 0},

    /* Permissions */
    {"EL1 write to read-only", store_word, AT_EL1h, EL1_RO, 0, 0, 0},
    {"EL1 read of read-only", load_word, AT_EL1h, EL1_RO, 0, 0, 0},
    {"EL1 write to read-only, level 1", store_word, AT_EL1h, LEVEL1_RO, 0, 0, 0},
    {"EL1 write to read-only, level 2", store_word, AT_EL1h, LEVEL2_RO, 0, 0, 0},
    {"EL1 write to EL0's read-only", store_word, AT_EL1h, USER_RO, 0, 0, 0},
    {"EL1 write to EL0's page", store_word, AT_EL1h, USER_RW, 0, 0, 0},
    {"EL0 read of EL1's page", load_word, AT_EL0, EL1_RW, 0, 0, 0},
    {"EL0 write to EL1's page", store_word, AT_EL0, EL1_RW, 0, 0, 0},
    {"EL0 write to its read-only", store_word, AT_EL0, USER_RO, 0, 0, 0},
    {"EL0 read of its read-only", load_word, AT_EL0, USER_RO, 0, 0, 0},
    {"EL0 read of execute-only", load_word, AT_EL0, USER_EXECUTE_ONLY, 0, 0, 0},
    {"EL0 access flag before permission", load_word, AT_EL0, NO_ACCESS_FLAG, 0, 0, 0},
    {"ldtr of EL1's page", load_unprivileged, AT_EL1h, EL1_RW, 0, 0, 0},
    {"sttr to EL0's read-only", store_unprivileged, AT_EL1h, USER_RO, 0, 0, 0},
    {"sttr to EL0's page", store_unprivileged, AT_EL1h, USER_RW, 0, 0, 0},
    {"ldtr at EL0 of its page", load_unprivileged, AT_EL0, USER_RW, 0, 0, 0},
    {"stxr to read-only", store_exclusive, AT_EL1h, EL1_RO, EL1_RO, 0, 0},
    {"dc zva of read-only", zero_line, AT_EL1h, EL1_RO, 0, 0, 0},
    {"dc ivac of read-only", invalidate_data, AT_EL1h, EL1_RO, 0, 0, 0},
    {"dc civac of read-only", clean_invalidate, AT_EL1h, EL1_RO, 0, 0, 0},
    {"table says read-only", store_word, AT_EL1h, UNDER_TABLE_LIMITS, 0, 0, 0},
    {"table says not for EL0", load_word, AT_EL0, UNDER_TABLE_LIMITS, 0, 0, 0},
    {"table says never execute, EL1", call, AT_EL1h, UNDER_TABLE_LIMITS, 0, 0, 0},
    {"table says never execute, EL0", call, AT_EL0, UNDER_TABLE_LIMITS, 0, 0, 0},

    /* Instruction aborts */
    {"fetch from level 3 hole", call, AT_EL1h, HOLE + 0x40, 0, 0, 0},
    {"fetch from level 2 hole", call, AT_EL1h, LEVEL2_HOLE, 0, 0, 0},
    {"fetch from level 1 hole", call, AT_EL0, LEVEL1_HOLE, 0, 0, 0},
    {"fetch beyond T0SZ", call, AT_EL1h, BEYOND_T0SZ, 0, 0, 0},
    {"fetch without access flag", call, AT_EL1h, NO_ACCESS_FLAG, 0, 0, 0},
    {"fetch, address too large", call, AT_EL1h, TOO_HIGH, 0, 0, 0},
    {"fetch at EL1, PXN and UXN", call, AT_EL1h, NO_EXECUTE, 0, 0, 0},
    {"fetch at EL0, UXN", call, AT_EL0, USER_RW, 0, 0, 0},
    {"fetch at EL1, PXN", call, AT_EL1h, PRIVILEGED_NO_EXECUTE + 0x800, 0, 0, 0},
    {"fetch at EL0, PXN only", call, AT_EL0, PRIVILEGED_NO_EXECUTE + 0x800, 0, 0, 0},
    {"fetch at EL1, EL0 may write", call, AT_EL1h, USER_WRITABLE_CODE + 0x800, 0, 0, 0},
    {"fetch at EL0, EL0 may write", call, AT_EL0, USER_WRITABLE_CODE + 0x800, 0, 0, 0},
    {"fetch at EL0, execute-only", call, AT_EL0, USER_EXECUTE_ONLY + 0x800, 0, 0, 0},
    {"fetch at EL0, writable, WXN", call, AT_EL0, USER_WRITABLE_CODE + 0x800, 0, write_implies_xn, restore_sctlr},

    /* Alignment */
    {"ldr unaligned, A=0", load_double, AT_EL1h, EL1_RW + 3, 0, 0, 0},
    {"ldrh unaligned, A=1", load_half, AT_EL1h, EL1_RW + 1, 0, check_alignment, restore_sctlr},
    {"ldr unaligned, A=1", load_double, AT_EL1h, EL1_RW + 4, 0, check_alignment, restore_sctlr},
    {"str unaligned, A=1", store_double, AT_EL1h, EL1_RW + 1, 0, check_alignment, restore_sctlr},
    {"ldp unaligned to 8, A=1", load_pair, AT_EL1h, EL1_RW + 4, 0, check_alignment, restore_sctlr},
    {"ldp aligned to 8, A=1", load_pair, AT_EL1h, EL1_RW + 8, 0, check_alignment, restore_sctlr},
    {"ldr q aligned to 8, A=1", load_q, AT_EL1h, EL1_RW + 8, 0, check_alignment, restore_sctlr},
    {"ldr unaligned, A=1, EL0", load_double, AT_EL0, USER_RW + 2, 0, check_alignment, restore_sctlr},
    {"ldr unaligned in the hole, A=1", load_double, AT_EL1h, HOLE + 4, 0, check_alignment, restore_sctlr},
    {"str unaligned to read-only, A=1", store_double, AT_EL1h, EL1_RO + 1, 0, check_alignment, restore_sctlr},
    {"ldar unaligned", load_acquire, AT_EL1h, EL1_RW + 4, 0, 0, 0},
    {"stlr unaligned", store_release, AT_EL1h, EL1_RW + 4, 0, 0, 0},
    {"ldxr unaligned", load_exclusive, AT_EL1h, EL1_RW + 4, 0, 0, 0},
    {"ldxp aligned to 8", load_exclusive_pair, AT_EL1h, EL1_RW + 8, 0, 0, 0},
    {"ldr unaligned, Device", load_double, AT_EL1h, DEVICE + 4, 0, 0, 0},
    {"str unaligned, Device", store_word, AT_EL1h, DEVICE + 2, 0, 0, 0},
    {"ldr aligned, Device", load_double, AT_EL1h, DEVICE + 8, 0, 0, 0},
    {"ldr unaligned, Non-cacheable", load_double, AT_EL1h, NON_CACHEABLE + 4, 0, 0, 0},
    {"dc zva, Device", zero_line, AT_EL1h, DEVICE + 0x40, 0, 0, 0},

    /* Address translation instructions report in PAR_EL1 */
    {"at s1e1r mapped", translate_read, AT_EL1h, EL1_RW + 0x678, 0, 0, 0},
    {"at s1e1w read-only", translate_write, AT_EL1h, EL1_RO, 0, 0, 0},
    {"at s1e1r level 3 hole", translate_read, AT_EL1h, HOLE, 0, 0, 0},
    {"at s1e1r level 1 hole", translate_read, AT_EL1h, LEVEL1_HOLE, 0, 0, 0},
    {"at s1e1r device", translate_read, AT_EL1h, DEVICE, 0, 0, 0},
    {"at s1e1r no access flag", translate_read, AT_EL1h, NO_ACCESS_FLAG, 0, 0, 0},
    {"at s1e0r EL1's page", translate_user_read, AT_EL1h, EL1_RW, 0, 0, 0},
    {"at s1e0r EL0's page", translate_user_read, AT_EL1h, USER_RO, 0, 0, 0},
    {"at s1e0w EL0's read-only", translate_user_write, AT_EL1h, USER_RO, 0, 0, 0},
    {"at s1e0w EL0's page", translate_user_write, AT_EL1h, USER_RW, 0, 0, 0},

    /* EL0 and cache maintenance with SCTLR_EL1.UCI = 0 */
    {"dc civac at EL0", clean_invalidate, AT_EL0, USER_RW, 0, 0, 0},
    {"ic ivau at EL0", invalidate_instructions, AT_EL0, USER_RW, 0, 0, 0},
    {"dc ivac at EL0", invalidate_data, AT_EL0, USER_RW, 0, 0, 0},
    {"dc zva at EL0", zero_line, AT_EL0, USER_RW, 0, 0, 0},
};

/* Nothing that faulted may have been written. */
static int read_only_page_unchanged(void)
{
    return data[PAGE_SIZE / 16] == 0xd65f03c0d65f03c0;
}

int main(void)
{
    probe_init();
    build_window();
    PROBE_ALL(cases);
    print("middle of the page %s\n", read_only_page_unchanged() ? "unchanged" : "changed");
    return 0;
}
