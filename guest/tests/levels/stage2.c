/* Stage 2: each kind of fault at each level and granule, what is reported of it, and AT's view of both stages. */
#include "stage2.h"
#include "levels.h"
#include "print.h"
#include "sysreg.h"

#define HCR_VM BIT(0)
#define HCR_PTW BIT(2)
#define HCR_DC BIT(12)
#define SCR_VALUE (SCR_NS | SCR_RES1 | SCR_HCE | SCR_RW | SCR_APK | SCR_API)
#define HCR_VALUE (HCR_RW | HCR_APK | HCR_API)

#define BODY(name, text) \
    asm(".pushsection .text\n.balign 4\n" #name ":\n" text "\nbrk #0x7fff\n.popsection"); \
    extern const char name[];

static char memory[0x10000] __attribute__((aligned(0x10000)));
static uint64_t hcr = HCR_VALUE;

static int has_far(uint64_t esr)
{
    const uint64_t ec = ESR_EC(esr);
    return ec == 0x20 || ec == 0x21 || ec == 0x24 || ec == 0x25;
}

static void report(const struct run *r)
{
    if (ESR_EC(r->esr) == 0x3c && ESR_ISS(r->esr) == LEVELS_DONE) {
        print("ran X0 %lx X1 %lx\n", r->x0, r->x1);
        return;
    }
    print("EL%lu vector %03lx ESR %08lx ", r->el, r->vector, r->esr);
    if (has_far(r->esr))
        print("FAR %lx ", r->far);
    if (r->el == 2 && has_far(r->esr))
        print("HPFAR %lx ", r->hpfar);
    print("SPSR %lx\n", r->spsr_taken & 0xfffffff);
}

static void flush(void)
{
    asm volatile("dsb sy\ntlbi alle1\ntlbi alle2\ndsb sy\nisb" : : : "memory");
}

static void run(const char *body, uint64_t spsr, uint64_t x0)
{
    struct run r = {.body = (uint64_t)body, .spsr = spsr, .x0 = x0};
    write_sysreg(hpfar_el2, 0);
    write_sysreg(hcr_el2, hcr);
    flush();
    levels_run(&r);
    write_sysreg(hcr_el2, HCR_VALUE);
    isb();
    report(&r);
}

static void use(const struct stage2 *s, uint64_t vttbr)
{
    write_sysreg(vtcr_el2, stage2_vtcr(s));
    write_sysreg(vttbr_el2, vttbr);
    isb();
}

BODY(load, "ldr x1, [x0]")
BODY(store, "str x1, [x0]")
/* RET, since it leaves PSTATE.BTYPE alone. */
BODY(execute, "ret x0")
BODY(load_exclusive, "ldxr x1, [x0]")

static const char *const granule_names[] = {"4K", "64K", "16K"};

/* Where the tests map: above RAM, in every configuration used here. */
#define WINDOW 0x200000000UL

static int has_granule(enum granule g)
{
    const uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);
    return g == GRANULE_4K ? field(mmfr0, 31, 28) != 15 : g == GRANULE_64K ? field(mmfr0, 27, 24) != 15 : field(mmfr0, 23, 20) != 0;
}

static struct stage2 usual(enum granule g)
{
    return (struct stage2){.granule = g, .t0sz = 64 - 36, .sl0 = 1, .ps = 2};
}

static void faults(enum granule g)
{
    const struct stage2 s = usual(g);
    const unsigned start = (unsigned)stage2_start_level(&s);
    static const struct {
        const char *name;
        uint64_t descriptor;
    } leaves[] = {
        {"invalid", 0},
        {"reserved", 2},
        {"no access flag", S2_RAM & ~S2_AF},
        {"none", S2_RAM & ~(S2_READ | S2_WRITE)},
        {"read-only", S2_RAM & ~S2_WRITE},
        {"write-only", S2_RAM & ~S2_READ},
        {"XN 1", S2_RAM | S2_XN(1)},
        {"XN 2", S2_RAM | S2_XN(2)},
        {"XN 3", S2_RAM | S2_XN(3)},
        {"all", S2_RAM},
        {"contiguous", S2_RAM | BIT(52)},
        {"too far", S2_RAM | BIT(41)},
        {"too far, no access flag", (S2_RAM & ~S2_AF) | BIT(41)},
        {"DBM, read-only", (S2_RAM & ~S2_WRITE) | BIT(51)},
        {"bits 58:55", S2_RAM | (15UL << 55)},
        {"bits 63:59", S2_RAM | (31UL << 59)},
    };
    static const struct {
        const char *name, *body;
        uint64_t spsr;
    } accesses[] = {
        {"load EL1", load, LEVEL_EL1H},   {"store EL1", store, LEVEL_EL1H},     {"execute EL1", execute, LEVEL_EL1H},
        {"load EL0", load, LEVEL_EL0},    {"execute EL0", execute, LEVEL_EL0},
    };
    for (unsigned level = start; level <= 3; level++) {
        const unsigned shift = granule_shift(g, level);
        if (level < 2 && g != GRANULE_4K)
            continue;
        for (unsigned n = 0; n < sizeof(leaves) / sizeof(leaves[0]); n++) {
            tables_reset();
            const uint64_t vttbr = stage2_new(&s);
            stage2_map_program(&s);
            const uint64_t target = (uint64_t)memory & -(1UL << shift);
            uint64_t descriptor = leaves[n].descriptor;
            if (descriptor & ~2UL)
                descriptor |= target | (level == 3 ? S2_PAGE : S2_BLOCK);
            stage2_put(&s, WINDOW, level, descriptor);
            *(volatile uint64_t *)memory = 0xd42fffe0d503201fUL;
            use(&s, vttbr);
            for (unsigned a = 0; a < sizeof(accesses) / sizeof(accesses[0]); a++) {
                print("%s level %u, %s, %s: ", granule_names[g], level, leaves[n].name, accesses[a].name);
                hcr = HCR_VALUE | HCR_VM;
                run(accesses[a].body, accesses[a].spsr, WINDOW + ((uint64_t)memory - target));
            }
        }
    }
}

/* A table that is missing or out of reach, at each level. */
static void table_faults(enum granule g)
{
    const struct stage2 s = usual(g);
    static const uint64_t tables[] = {0, 2, 0x20000000000UL | S2_TABLE, 0x0b000000 | S2_TABLE};
    for (unsigned level = (unsigned)stage2_start_level(&s); level < 3; level++)
        for (unsigned n = 0; n < sizeof(tables) / sizeof(tables[0]); n++) {
            tables_reset();
            const uint64_t vttbr = stage2_new(&s);
            stage2_map_program(&s);
            stage2_put(&s, WINDOW, level, tables[n]);
            use(&s, vttbr);
            hcr = HCR_VALUE | HCR_VM;
            print("%s table at level %u is %lx: ", granule_names[g], level, tables[n]);
            run(load, LEVEL_EL1H, WINDOW + 0x1234568);
        }
}

/* T0SZ and SL0: those that go together, and IPAs at the edge of the input range. */
static void sizes(enum granule g)
{
    for (unsigned t0sz = 16; t0sz <= 42; t0sz++)
        for (unsigned sl0 = 0; sl0 < 4; sl0++) {
            const struct stage2 s = {.granule = g, .t0sz = t0sz, .sl0 = sl0, .ps = read_sysreg(id_aa64mmfr0_el1) & 7};
            const int start = stage2_start_level(&s);
            const unsigned input = 64 - t0sz;
            tables_reset();
            const uint64_t vttbr = stage2_new(&s);
            const uint64_t edge = (1UL << input) - 8;
            const int fits = start >= 0 && start <= 2 && input > granule_shift(g, (unsigned)start) &&
                             input - granule_shift(g, (unsigned)start) < 18;
            if (fits) {
                stage2_map_program(&s);
                stage2_put(&s, edge, 2, ((uint64_t)memory & -(1UL << granule_shift(g, 2))) | S2_RAM | S2_BLOCK);
            }
            use(&s, vttbr);
            hcr = HCR_VALUE | HCR_VM;
            /* Beyond the physical address size that EL1's addresses have with stage 1 off, they fault there. */
            print("%s T0SZ %u SL0 %u: ", granule_names[g], t0sz, sl0);
            run(load, LEVEL_EL1H, 0x40200000);
            if (input <= 40) {
                print("%s T0SZ %u SL0 %u, last: ", granule_names[g], t0sz, sl0);
                run(load, LEVEL_EL1H, edge);
                print("%s T0SZ %u SL0 %u, past: ", granule_names[g], t0sz, sl0);
                run(load, LEVEL_EL1H, edge + 8);
            }
        }
}

/* ISV and the rest of it, for instructions of all kinds. */
#define FOR_EACH_ACCESS(I)                                                                                                       \
    I("ldrb w5, [x0]") I("ldrh w6, [x0]") I("ldr w7, [x0]") I("ldr x8, [x0]") I("ldr xzr, [x0]") I("ldrsb w1, [x0]")              \
    I("ldrsb x1, [x0]") I("ldrsh w1, [x0]") I("ldrsh x30, [x0]") I("ldrsw x1, [x0]") I("strb w1, [x0]") I("strh w1, [x0]")        \
    I("str w1, [x0]") I("str x1, [x0]") I("str xzr, [x0]") I("ldur x1, [x0, #8]") I("sturh w1, [x0, #2]") I("ldursw x1, [x0]")    \
    I("ldr x1, [x0], #8") I("ldr x1, [x0, #8]!") I("str w1, [x0], #4") I("strb w1, [x0, #1]!") I("ldr x1, [x0, x2]")              \
    I("str w1, [x0, w2, uxtw #2]") I("ldtr x1, [x0]") I("sttrb w1, [x0]") I("ldp x1, x2, [x0]") I("stp w1, w2, [x0]")             \
    I("ldpsw x1, x2, [x0]") I("ldnp x1, x2, [x0]") I("ldxr x1, [x0]") I("ldaxrb w1, [x0]") I("stxr w1, x2, [x0]")                 \
    I("ldxp x1, x2, [x0]") I("ldar x1, [x0]") I("ldarb w3, [x0]") I("ldarh w3, [x0]") I("stlr x1, [x0]") I("stlrb w4, [x0]")      \
    I("ldr d0, [x0]") I("str q1, [x0]") I("ldr b2, [x0]") I("ld1 {v0.16b}, [x0]") I("st1 {v0.s}[1], [x0]") I("ldp d0, d1, [x0]")  \
    I("prfm pldl1keep, [x0]") I("dc zva, x0") I("dc cvac, x0") I("dc civac, x0") I("dc ivac, x0") I("ic ivau, x0")

#define ACCESS(text) {text},
static const struct { const char *text; } access_names[] = {FOR_EACH_ACCESS(ACCESS)};
#define ACCESS_CODE(text) text "\nbrk #0x7fff\n"
asm(".pushsection .text\n.balign 8\naccess_code:\n" FOR_EACH_ACCESS(ACCESS_CODE) ".popsection");
extern const char access_code[][8];

static void syndromes(void)
{
    const struct stage2 s = usual(GRANULE_4K);
    for (unsigned kind = 0; kind < 2; kind++) {
        tables_reset();
        const uint64_t vttbr = stage2_new(&s);
        stage2_map_program(&s);
        stage2_put(&s, WINDOW, 3, kind == 0 ? 0 : (uint64_t)memory | (S2_RAM & ~(S2_READ | S2_WRITE)) | S2_PAGE);
        use(&s, vttbr);
        for (unsigned n = 0; n < sizeof(access_names) / sizeof(access_names[0]); n++) {
            hcr = HCR_VALUE | HCR_VM | HCR_DC;
            print("%s, %s: ", access_names[n].text, kind ? "permission" : "translation");
            run(access_code[n], LEVEL_EL1H, WINDOW);
        }
    }
}

/* Stage 1 of EL1&0: 39 bits, 4 KB, from level 1; the program is mapped to itself, and VIRTUAL by tables at chosen IPAs. */
#define VIRTUAL 0x1000000000UL
#define S1_TABLE 3UL
#define S1_LEAF (BIT(10) | BIT(6)) /* AF, EL0 may */
#define S1_ATTR(n) ((uint64_t)(n) << 2)
#define S1_SH(n) ((uint64_t)(n) << 8)
#define TABLE_IPA 0x300000000UL

static uint64_t *s1_root, *s1_level2, *s1_level3;

static void stage1_new(uint64_t level2_ipa, uint64_t level3_ipa, uint64_t leaf)
{
    s1_root = table_new(4096);
    s1_level2 = table_new(4096);
    s1_level3 = table_new(4096);
    s1_root[1] = 0x40000000 | BIT(10) | S1_SH(3) | 1;
    s1_root[VIRTUAL >> 30] = level2_ipa | S1_TABLE;
    s1_level2[0] = level3_ipa | S1_TABLE;
    s1_level3[0] = leaf;
    write_sysreg(ttbr0_el1, (uint64_t)s1_root);
    write_sysreg(ttbr1_el1, 0);
    write_sysreg(mair_el1, 0x00440c04bb4fffUL);
    write_sysreg(tcr_el1, 25 | TCR_SH0_INNER | TCR_EPD1 | TCR_IPS(2UL));
    write_sysreg(sctlr_el1, SCTLR_RES1 | SCTLR_M);
    isb();
}

BODY(at_s1e1r, "at s1e1r, x0\nisb\nmrs x1, par_el1")
BODY(at_s1e1w, "at s1e1w, x0\nisb\nmrs x1, par_el1")
BODY(at_s1e0r, "at s1e0r, x0\nisb\nmrs x1, par_el1")
BODY(at_s1e0w, "at s1e0w, x0\nisb\nmrs x1, par_el1")
BODY(at_s12e1r, "at s12e1r, x0\nisb\nmrs x1, par_el1")
BODY(at_s12e1w, "at s12e1w, x0\nisb\nmrs x1, par_el1")
BODY(at_s12e0r, "at s12e0r, x0\nisb\nmrs x1, par_el1")
BODY(at_s12e0w, "at s12e0w, x0\nisb\nmrs x1, par_el1")

static const struct {
    const char *name, *body;
    uint64_t spsr;
} translations[] = {
    {"AT S1E1R at EL1", at_s1e1r, LEVEL_EL1H},   {"AT S1E0W at EL1", at_s1e0w, LEVEL_EL1H},   {"AT S1E1R at EL2", at_s1e1r, LEVEL_EL2H},
    {"AT S1E1W at EL2", at_s1e1w, LEVEL_EL2H},   {"AT S1E0R at EL2", at_s1e0r, LEVEL_EL2H},   {"AT S12E1R at EL2", at_s12e1r, LEVEL_EL2H},
    {"AT S12E1W at EL2", at_s12e1w, LEVEL_EL2H}, {"AT S12E0R at EL2", at_s12e0r, LEVEL_EL2H}, {"AT S12E0W at EL2", at_s12e0w, LEVEL_EL2H},
    {"AT S12E1R at EL3", at_s12e1r, LEVEL_EL3H}, {"load EL1", load, LEVEL_EL1H},              {"load EL0", load, LEVEL_EL0},
    {"store EL1", store, LEVEL_EL1H},            {"execute EL1", execute, LEVEL_EL1H},        {"exclusive EL1", load_exclusive, LEVEL_EL1H},
};

static void translate_all(const char *what, uint64_t x0)
{
    for (unsigned n = 0; n < sizeof(translations) / sizeof(translations[0]); n++) {
        print("%s: %s: ", what, translations[n].name);
        run(translations[n].body, translations[n].spsr, x0);
    }
}

/* Faults of stage 2 on the tables of stage 1. */
static void walk_faults(void)
{
    static const struct {
        const char *name;
        uint64_t descriptor;
    } leaves[] = {
        {"mapped", S2_RAM},
        {"unmapped", 0},
        {"no access flag", (S2_RAM & ~S2_AF)},
        {"not readable", (S2_RAM & ~(S2_READ | S2_WRITE))},
        {"read-only", (S2_RAM & ~S2_WRITE)},
        {"too far", S2_RAM | BIT(41)},
        {"Device", S2_READ | S2_WRITE | S2_AF | S2_ATTR(1)},
        {"execute-never", S2_RAM | S2_XN(2)},
    };
    const struct stage2 s = usual(GRANULE_4K);
    for (unsigned n = 0; n < sizeof(leaves) / sizeof(leaves[0]); n++)
        for (unsigned level = 2; level <= 3; level++)
            for (unsigned ptw = 0; ptw < 2; ptw++) {
                tables_reset();
                const uint64_t vttbr = stage2_new(&s);
                stage2_map_program(&s);
                /* The table of a level is mapped by stage 2's descriptor of that level: QEMU reports stage 1's level. */
                const uint64_t block = granule_shift(GRANULE_4K, 2);
                stage1_new(0, TABLE_IPA, WINDOW | S1_LEAF | S1_SH(3) | 3);
                const uint64_t level2_ipa = TABLE_IPA + (1UL << block) + ((uint64_t)s1_level2 & ((1UL << block) - 1));
                s1_root[VIRTUAL >> 30] = level2_ipa | S1_TABLE;
                for (unsigned at = 2; at <= 3; at++) {
                    uint64_t descriptor = at == level ? leaves[n].descriptor : S2_RAM;
                    if (descriptor)
                        descriptor |= at == 2 ? ((uint64_t)s1_level2 & -(1UL << block)) | S2_BLOCK : (uint64_t)s1_level3 | S2_PAGE;
                    stage2_put(&s, at == 2 ? level2_ipa : TABLE_IPA, at, descriptor);
                }
                stage2_put(&s, WINDOW, 3, (uint64_t)memory | S2_RAM | S2_PAGE);
                *(volatile uint64_t *)memory = 0xd42fffe0d503201fUL;
                use(&s, vttbr);
                hcr = HCR_VALUE | HCR_VM | (ptw ? HCR_PTW : 0);
                print("-- table of level %u %s%s\n", level, leaves[n].name, ptw ? ", PTW" : "");
                translate_all("walk", VIRTUAL + 0x10);
            }
    /* Out of stage 2's input range, and the root itself. */
    for (unsigned n = 0; n < 2; n++) {
        tables_reset();
        const uint64_t vttbr = stage2_new(&s);
        stage2_map_program(&s);
        stage1_new(n == 0 ? 0x3000000000UL : TABLE_IPA, TABLE_IPA + 0x1000, WINDOW | S1_LEAF | S1_SH(3) | 3);
        if (n == 1)
            write_sysreg(ttbr0_el1, TABLE_IPA + 0x5000);
        use(&s, vttbr);
        hcr = HCR_VALUE | HCR_VM;
        const char *const what = n == 0 ? "table past the input range" : "root unmapped";
        print("%s, load: ", what);
        run(load, LEVEL_EL1H, VIRTUAL + 0x10);
        print("%s, AT S12E1R: ", what);
        run(at_s12e1r, LEVEL_EL2H, VIRTUAL + 0x10);
    }
}

/* Permissions of both stages against each other. */
static void both_stages(void)
{
    static const uint64_t first[] = {S1_LEAF, BIT(10), S1_LEAF | BIT(7), BIT(10) | BIT(7), S1_LEAF | BIT(54), S1_LEAF | BIT(53), S1_LEAF & ~BIT(10), 0};
    static const uint64_t second[] = {S2_RAM, S2_RAM & ~S2_WRITE, S2_RAM & ~(S2_READ | S2_WRITE), S2_RAM & ~S2_AF, S2_RAM | S2_XN(2), 0};
    const struct stage2 s = usual(GRANULE_4K);
    for (unsigned a = 0; a < sizeof(first) / sizeof(first[0]); a++)
        for (unsigned b = 0; b < sizeof(second) / sizeof(second[0]); b++) {
            tables_reset();
            const uint64_t vttbr = stage2_new(&s);
            stage2_map_program(&s);
            stage1_new(0, 0, first[a] ? WINDOW | first[a] | S1_SH(3) | 3 : 0);
            s1_root[VIRTUAL >> 30] = (uint64_t)s1_level2 | S1_TABLE;
            s1_level2[0] = (uint64_t)s1_level3 | S1_TABLE;
            stage2_put(&s, WINDOW, 3, second[b] ? (uint64_t)memory | second[b] | S2_PAGE : 0);
            *(volatile uint64_t *)memory = 0xd42fffe0d503201fUL;
            use(&s, vttbr);
            hcr = HCR_VALUE | HCR_VM;
            print("-- stage 1 %lx, stage 2 %lx\n", first[a], second[b]);
            translate_all("both", VIRTUAL + 0x10);
        }
}

#define HCR_FWB BIT(46)

/* Attributes of both stages combined, as PAR_EL1 shows them; with HCR_EL2.FWB stage 2 forces its own. Shareability of Device and Non-cacheable memory isn't compared. */
static void attributes(uint64_t force)
{
    const struct stage2 s = usual(GRANULE_4K);
    for (unsigned one = 0; one < 8; one++)
        for (unsigned two = 0; two < 16; two++)
            for (unsigned sh = 0; sh < 16; sh++) {
                /* Reserved: SH 1, and MemAttr x00 but for Device. */
                if ((sh & 3) == 1 || sh >> 2 == 1 || (two >= 4 && (two & 3) == 0) || (force && two >= 8))
                    continue;
                if (sh != 0 && sh != 15 && !(one == 0 && two == 15))
                    continue;
                tables_reset();
                const uint64_t vttbr = stage2_new(&s);
                stage2_map_program(&s);
                stage1_new(0, 0, WINDOW | S1_LEAF | S1_ATTR(one) | S1_SH(sh & 3) | 3);
                s1_root[VIRTUAL >> 30] = (uint64_t)s1_level2 | S1_TABLE;
                s1_level2[0] = (uint64_t)s1_level3 | S1_TABLE;
                stage2_put(&s, WINDOW, 3, (uint64_t)memory | (S2_RAM & ~(S2_ATTR(15) | S2_SH(3))) | S2_ATTR(two) | S2_SH(sh >> 2) | S2_PAGE);
                use(&s, vttbr);
                hcr = HCR_VALUE | HCR_VM | force;
                struct run r = {.body = (uint64_t)at_s12e1r, .spsr = LEVEL_EL2H, .x0 = VIRTUAL};
                write_sysreg(hcr_el2, hcr);
                flush();
                levels_run(&r);
                write_sysreg(hcr_el2, HCR_VALUE);
                isb();
                const uint64_t attr = r.x1 >> 56, own = read_sysreg(mair_el1) >> (one * 8) & 0xff;
                print("%sMAIR %02lx, MemAttr %x, SH %u %u: PAR.ATTR %02lx", force ? "FWB, " : "", own, two, sh & 3, sh >> 2, attr);
                if ((attr & 0xf0) != 0 && attr != 0x44 && (!force || ((own & 0xf0) != 0 && own != 0x44)))
                    print(" SH %lu", r.x1 >> 7 & 3);
                print("\n");
            }
}

/* What TLBI must drop: a page is used, its descriptor changed, the TLBI done at a level, the page used again. */
#define TLBI_BODY(name, text) BODY(tlbi_##name, "dsb sy\n" text "\ndsb sy\nisb")
TLBI_BODY(ipas2, "tlbi ipas2e1, x0\ndsb sy\ntlbi vmalle1")
TLBI_BODY(ipas2is, "tlbi ipas2e1is, x0\ndsb sy\ntlbi vmalle1is")
TLBI_BODY(ipas2l, "tlbi ipas2le1is, x0\ndsb sy\ntlbi vmalle1is")
TLBI_BODY(vmalls12, "tlbi vmalls12e1")
TLBI_BODY(vmalls12is, "tlbi vmalls12e1is")
TLBI_BODY(alle1, "tlbi alle1")
TLBI_BODY(alle1is, "tlbi alle1is")
TLBI_BODY(vmalle1, "tlbi vmalle1")
TLBI_BODY(vae1, "tlbi vae1, x0")
TLBI_BODY(vaae1, "tlbi vaae1, x0")
TLBI_BODY(vale1, "tlbi vale1is, x0")
TLBI_BODY(aside1, "tlbi aside1, x0")

static uint64_t load_once(uint64_t at)
{
    struct run r = {.body = (uint64_t)load, .spsr = LEVEL_EL1H, .x0 = at};
    levels_run(&r);
    return ESR_EC(r.esr) == 0x3c ? r.x1 : r.esr;
}

static void invalidations(void)
{
    static const struct {
        const char *name, *body;
        uint64_t spsr;
        int stage; /* whose descriptor changes */
        int by_ipa;
    } cases[] = {
        {"IPAS2E1 at EL2", tlbi_ipas2, LEVEL_EL2H, 2, 1},         {"IPAS2E1IS at EL2", tlbi_ipas2is, LEVEL_EL2H, 2, 1},
        {"IPAS2LE1IS at EL3", tlbi_ipas2l, LEVEL_EL3H, 2, 1},     {"VMALLS12E1 at EL2", tlbi_vmalls12, LEVEL_EL2H, 2, 0},
        {"VMALLS12E1IS at EL2", tlbi_vmalls12is, LEVEL_EL2H, 2, 0}, {"ALLE1 at EL2", tlbi_alle1, LEVEL_EL2H, 2, 0},
        {"ALLE1IS at EL3", tlbi_alle1is, LEVEL_EL3H, 2, 0},       {"VMALLE1 at EL1", tlbi_vmalle1, LEVEL_EL1H, 1, 0},
        {"VMALLE1 at EL2", tlbi_vmalle1, LEVEL_EL2H, 1, 0},       {"VAE1 at EL1", tlbi_vae1, LEVEL_EL1H, 1, 0},
        {"VAE1 at EL2", tlbi_vae1, LEVEL_EL2H, 1, 0},             {"VAAE1 at EL1", tlbi_vaae1, LEVEL_EL1H, 1, 0},
        {"VALE1IS at EL2", tlbi_vale1, LEVEL_EL2H, 1, 0},         {"ASIDE1 at EL1", tlbi_aside1, LEVEL_EL1H, 1, 0},
        {"ALLE1 at EL2", tlbi_alle1, LEVEL_EL2H, 1, 0},           {"VMALLS12E1 at EL2", tlbi_vmalls12, LEVEL_EL2H, 1, 0},
    };
    const struct stage2 s = usual(GRANULE_4K);
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++)
        for (unsigned kind = 0; kind < 3; kind++) {
            tables_reset();
            const uint64_t vttbr = stage2_new(&s);
            stage2_map_program(&s);
            const uint64_t ng = 1UL << 11;
            stage1_new(0, 0, WINDOW | S1_LEAF | S1_SH(3) | ng | 3);
            s1_root[VIRTUAL >> 30] = (uint64_t)s1_level2 | S1_TABLE;
            s1_level2[0] = (uint64_t)s1_level3 | S1_TABLE;
            uint64_t *const leaf = stage2_put(&s, WINDOW, 3, (uint64_t)memory | S2_RAM | S2_PAGE);
            stage2_put(&s, WINDOW + 0x1000, 3, ((uint64_t)memory + 0x1000) | S2_RAM | S2_PAGE);
            write_sysreg(ttbr0_el1, (uint64_t)s1_root | 7UL << 48);
            *(volatile uint64_t *)memory = 0x1111;
            *(volatile uint64_t *)(memory + 0x1000) = 0x2222;
            use(&s, vttbr | 5UL << 48);
            write_sysreg(hcr_el2, HCR_VALUE | HCR_VM);
            flush();
            const uint64_t before = load_once(VIRTUAL);
            /* Another page, no page, or no permission to read it. */
            if (cases[n].stage == 2)
                *leaf = kind == 0 ? ((uint64_t)memory + 0x1000) | S2_RAM | S2_PAGE : kind == 1 ? 0 : *leaf & ~S2_READ;
            else
                s1_level3[0] = kind == 0 ? (WINDOW + 0x1000) | S1_LEAF | S1_SH(3) | ng | 3 : kind == 1 ? 0 : s1_level3[0] & ~BIT(10);
            struct run r = {.body = (uint64_t)cases[n].body, .spsr = cases[n].spsr};
            r.x0 = cases[n].by_ipa ? WINDOW >> 12 : VIRTUAL >> 12 | 7UL << 48;
            levels_run(&r);
            const uint64_t after = load_once(VIRTUAL);
            write_sysreg(hcr_el2, HCR_VALUE);
            flush();
            print("TLBI %s, stage %d, change %u: %lx, then %lx\n", cases[n].name, cases[n].stage, kind, before, after);
        }
    /* Two VMIDs, each with its own page, in turns: neither sees the other's. */
    for (unsigned vs = 0; vs < 2; vs++) {
        struct stage2 with = usual(GRANULE_4K);
        with.vtcr = (uint64_t)vs << 19;
        uint64_t roots[2];
        tables_reset();
        for (unsigned vm = 0; vm < 2; vm++) {
            roots[vm] = stage2_new(&with);
            stage2_map_program(&with);
            stage2_put(&with, WINDOW, 3, ((uint64_t)memory + vm * 0x1000) | S2_RAM | S2_PAGE);
        }
        write_sysreg(sctlr_el1, SCTLR_RES1);
        write_sysreg(hcr_el2, HCR_VALUE | HCR_VM);
        flush();
        for (unsigned turn = 0; turn < 6; turn++) {
            /* Without VS only eight bits count, and the second one's others are lost. */
            const uint64_t vmid = turn & 1 ? 0x102 : 0x101;
            use(&with, roots[turn & 1] | vmid << 48);
            print("VS %u, VMID %lx: %lx\n", vs, vmid, load_once(WINDOW));
        }
        write_sysreg(hcr_el2, HCR_VALUE);
        flush();
    }
}

/* FEAT_HAFDBS in stage 2: what becomes of a descriptor. */
static void hardware_updates(void)
{
    const unsigned hafdbs = field(read_sysreg(id_aa64mmfr1_el1), 3, 0);
    static const uint64_t flags[] = {S2_RAM, S2_RAM & ~S2_AF, S2_RAM & ~S2_WRITE, S2_RAM & ~(S2_WRITE | S2_AF)};
    static const struct {
        const char *name, *body;
    } accesses[] = {{"load", load}, {"store", store}, {"execute", execute}, {"AT S12E1R", at_s12e1r}, {"AT S12E1W", at_s12e1w}};
    for (unsigned control = 0; control < 3 && control <= hafdbs; control++)
        for (unsigned dbm = 0; dbm < 2; dbm++)
            for (unsigned f = 0; f < 4; f++)
                for (unsigned a = 0; a < sizeof(accesses) / sizeof(accesses[0]); a++) {
                    struct stage2 s = usual(GRANULE_4K);
                    s.vtcr = control == 0 ? 0 : control == 1 ? BIT(21) : BIT(21) | BIT(22);
                    tables_reset();
                    const uint64_t vttbr = stage2_new(&s);
                    stage2_map_program(&s);
                    uint64_t *const leaf = stage2_put(&s, WINDOW, 3, (uint64_t)memory | flags[f] | (uint64_t)dbm << 51 | S2_PAGE);
                    *(volatile uint64_t *)memory = 0xd42fffe0d503201fUL;
                    use(&s, vttbr);
                    hcr = HCR_VALUE | HCR_VM;
                    write_sysreg(sctlr_el1, SCTLR_RES1);
                    print("update HA %u HD %u, DBM %u, S2AP %lu AF %lu, %s: ", control > 0, control > 1, dbm, flags[f] >> 6 & 3, flags[f] >> 10 & 1, accesses[a].name);
                    run(accesses[a].body, a < 3 ? LEVEL_EL1H : LEVEL_EL2H, WINDOW);
                    print("    S2AP %lu AF %lu\n", *leaf >> 6 & 3, *leaf >> 10 & 1);
                }
}

int main(void)
{
    write_sysreg(scr_el3, SCR_VALUE);
    write_sysreg(hcr_el2, HCR_VALUE);
    write_sysreg(cptr_el2, 0x33ff);
    write_sysreg(mdcr_el2, 6);
    write_sysreg(cpacr_el1, CPACR_FPEN_NONE);
    write_sysreg(sctlr_el1, SCTLR_RES1 | SCTLR_UCI | SCTLR_UCT | SCTLR_DZE);
    write_sysreg(sctlr_el2, 0x30c50830);
    isb();
    for (unsigned g = 0; g < 3; g++) {
        if (!has_granule((enum granule)g))
            continue;
        faults((enum granule)g);
        table_faults((enum granule)g);
        sizes((enum granule)g);
    }
    syndromes();
    walk_faults();
    both_stages();
    attributes(0);
    if (field(read_sysreg(id_aa64mmfr2_el1), 43, 40) != 0)
        attributes(HCR_FWB);
    invalidations();
    hardware_updates();
    return 0;
}
