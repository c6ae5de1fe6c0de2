/*
 * The virtual CPU interface, from both sides: a hypervisor at EL2 fills list registers and takes maintenance interrupts, a guest at EL1
 * takes, ends and deactivates. ICC_* of the guest by HCR_EL2.IMO and FMO, traps of ICH_HCR_EL2, and HCR_EL2.VI, VF and VSE.
 * Needs virtualization=on. Main runs at EL1; what happens at EL2 is a function that HVC calls there.
 */
#include "../hypervisor.h"
#include "exceptions.h"
#include "gic.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"
#include "sysreg.h"
#include "virt.h"

#define INTID_MAINTENANCE 25u
#define PHYSICAL_SPI 40u

#define HCR_VM BIT(0)
#define HCR_FMO BIT(3)
#define HCR_IMO BIT(4)
#define HCR_AMO BIT(5)
#define HCR_VF BIT(6)
#define HCR_VI BIT(7)
#define HCR_VSE BIT(8)
#define HCR_VIRTUAL (HCR_PLAIN | HCR_IMO | HCR_FMO)

#define ICH_HCR_EN BIT(0)
#define ICH_HCR_UIE BIT(1)
#define ICH_HCR_LRENPIE BIT(2)
#define ICH_HCR_NPIE BIT(3)
#define ICH_HCR_VGRP0EIE BIT(4)
#define ICH_HCR_VGRP0DIE BIT(5)
#define ICH_HCR_VGRP1EIE BIT(6)
#define ICH_HCR_VGRP1DIE BIT(7)
#define ICH_HCR_TC BIT(10)
#define ICH_HCR_TALL0 BIT(11)
#define ICH_HCR_TALL1 BIT(12)
#define ICH_HCR_TSEI BIT(13)
#define ICH_HCR_TDIR BIT(14)

#define VMCR(pmr, bpr0, bpr1, eoim, cbpr, g1, g0) \
    ((pmr) << 24 | (bpr0) << 21 | (bpr1) << 18 | (eoim) << 9 | (cbpr) << 4 | (g1) << 1 | (g0))
#define VMCR_USUAL VMCR(0xf0UL, 2UL, 3UL, 0UL, 0UL, 1UL, 1UL)

#define LR(state, group, priority, vintid) ((uint64_t)(state) << 62 | (uint64_t)(group) << 60 | (uint64_t)(priority) << 48 | (vintid))
#define LR_HW(pintid) (BIT(61) | (uint64_t)(pintid) << 32)
#define LR_EOI BIT(41)
#define LR_FIELDS 0xf0f81fffffffffffUL
#define PENDING 1
#define ACTIVE 2
#define BOTH 3

/* What the hypervisor saw, for the guest to print: EL2 has no console of its own. */
struct trap {
    uint64_t vector, esr, intid, misr, eisr, elrsr, hcr;
};
static volatile struct trap traps[32];
static volatile unsigned trap_count;

static void note(struct trap trap)
{
    if (trap_count < 32)
        traps[trap_count++] = trap;
}

/* Runs at EL2 with the MMU off. */
void el2_taken(struct el2_frame *frame, uint64_t vector)
{
    struct trap trap = {.vector = vector};
    if ((vector & 0x180) == 0) {
        trap.esr = read_sysreg(esr_el2);
        if (hypervisor_called(frame))
            return;
        note(trap);
        write_sysreg(elr_el2, read_sysreg(elr_el2) + 4);
        return;
    }
    trap.intid = read_sysreg(icc_iar1_el1);
    trap.misr = read_sysreg(ich_misr_el2);
    trap.eisr = read_sysreg(ich_eisr_el2);
    trap.elrsr = read_sysreg(ich_elrsr_el2);
    trap.hcr = read_sysreg(ich_hcr_el2);
    note(trap);
    if (trap.intid == INTID_MAINTENANCE) /* it stays asserted until its reasons are gone: those with a bit, and lists that ask for EOI */
        write_sysreg(ich_hcr_el2, trap.hcr & ~0xfeUL & ~(trap.misr & 1 ? ICH_HCR_EN : 0));
    write_sysreg(icc_eoir1_el1, trap.intid);
    if (trap.intid != PHYSICAL_SPI) /* that one is the guest's to deactivate */
        write_sysreg(icc_dir_el1, trap.intid);
    isb();
}

ACCESSORS(hcr_el2)
ACCESSORS(ich_hcr_el2)
ACCESSORS(ich_vmcr_el2)
ACCESSORS(ich_ap0r0_el2)
ACCESSORS(ich_ap1r0_el2)
ACCESSORS(ich_lr0_el2)
ACCESSORS(ich_lr1_el2)
ACCESSORS(ich_lr2_el2)
ACCESSORS(ich_lr3_el2)
READER(ich_vtr_el2)
READER(ich_misr_el2)
READER(ich_eisr_el2)
READER(ich_elrsr_el2)
READER(isr_el1)
static uint64_t (*const set_lr[])(uint64_t) = {set_ich_lr0_el2, set_ich_lr1_el2, set_ich_lr2_el2, set_ich_lr3_el2};
static uint64_t (*const get_lr[])(uint64_t) = {get_ich_lr0_el2, get_ich_lr1_el2, get_ich_lr2_el2, get_ich_lr3_el2};
#define SET_LR(n, value) at_el2(set_lr[n], value)
#define GET_LR(n) at_el2(get_lr[n], 0)

static void show_traps(void)
{
    for (unsigned n = 0; n < trap_count; n++) {
        const struct trap t = traps[n];
        if ((t.vector & 0x180) == 0)
            print("    EL2 vector %03lx ESR %08lx\n", t.vector, t.esr);
        else
            print("    EL2 vector %03lx INTID %lu MISR %02lx EISR %lx ELRSR %lx ICH_HCR %lx\n", t.vector, t.intid, t.misr, t.eisr, t.elrsr,
                  t.hcr);
    }
    trap_count = 0;
}

static void show(const char *what)
{
    const uint64_t ap0 = GET(ich_ap0r0_el2), ap1 = GET(ich_ap1r0_el2);
    print("%s\n", what);
    show_traps();
    print("  LR %016lx %016lx %016lx %016lx\n", GET_LR(0), GET_LR(1), GET_LR(2), GET_LR(3));
    print("  AP0 %lx AP1 %lx VMCR %lx MISR %lx EISR %lx ELRSR %lx ICH_HCR %lx\n", ap0, ap1, GET(ich_vmcr_el2), GET(ich_misr_el2),
          GET(ich_eisr_el2), GET(ich_elrsr_el2), GET(ich_hcr_el2));
    print("  guest ISR %lx RPR %lx HPPIR0 %lu HPPIR1 %lu; EL2 ISR %lx\n", read_sysreg(isr_el1), read_sysreg(icc_rpr_el1),
          read_sysreg(icc_hppir0_el1), read_sysreg(icc_hppir1_el1), GET(isr_el1));
}

/* Empty list registers, no active priorities, everything of the guest's enabled. */
static void begin(const char *title, uint64_t ich_hcr, uint64_t vmcr)
{
    print("-- %s\n", title);
    SET(ich_hcr_el2, 0);
    for (unsigned n = 0; n < 4; n++)
        SET_LR(n, 0);
    SET(ich_ap0r0_el2, 0);
    SET(ich_ap1r0_el2, 0);
    SET(ich_vmcr_el2, vmcr);
    SET(ich_hcr_el2, ich_hcr);
    trap_count = 0;
}

/* What the guest takes. */
static volatile struct {
    uint64_t vector, intid, rpr;
} taken[32];
static volatile unsigned taken_count;
static volatile int end_in_handler, nest_in_handler;

static void on_exception(struct exception_frame *frame)
{
    const uint64_t kind = VECTOR_KIND(frame->vector), elr = read_sysreg(elr_el1), spsr = read_sysreg(spsr_el1);
    if (kind == VECTOR_SYNCHRONOUS)
        exceptions_die(frame);
    if (kind == VECTOR_SERROR) {
        taken[taken_count++ % 32].vector = frame->vector;
        print("    SError ESR %08lx\n", frame->esr);
        return;
    }
    const uint64_t intid = kind == VECTOR_FIQ ? read_sysreg(icc_iar0_el1) : read_sysreg(icc_iar1_el1);
    const unsigned n = taken_count++ % 32;
    taken[n].vector = frame->vector;
    taken[n].intid = intid;
    taken[n].rpr = read_sysreg(icc_rpr_el1);
    if (intid >= 1020) {
        frame->spsr |= kind == VECTOR_FIQ ? SPSR_F : SPSR_I; /* nothing to end: leave it masked */
        return;
    }
    if (nest_in_handler) {
        asm volatile("msr daifclr, #3\n\tisb\n\tmsr daifset, #3");
        write_sysreg(elr_el1, elr);
        write_sysreg(spsr_el1, spsr);
    }
    if (end_in_handler) {
        if (kind == VECTOR_FIQ)
            write_sysreg(icc_eoir0_el1, intid);
        else
            write_sysreg(icc_eoir1_el1, intid);
        isb();
    }
}

static void open_and_close(void)
{
    asm volatile("msr daifclr, #7\n\tisb\n\tnop\n\tmsr daifset, #7" : : : "memory");
}

static void show_taken(void)
{
    open_and_close();
    for (unsigned n = 0; n < taken_count; n++)
        print("    guest vector %03lx INTID %lu RPR %lx\n", taken[n].vector, taken[n].intid, taken[n].rpr);
    taken_count = 0;
}

static void show_identity(void)
{
    print("ICH_VTR %lx\n", GET(ich_vtr_el2));
    static const uint64_t values[] = {0, ~0UL, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
    for (unsigned n = 0; n < 4; n++) {
        SET(hcr_el2, HCR_PLAIN);
        SET(ich_hcr_el2, values[n] & ~ICH_HCR_EN);
        SET(ich_vmcr_el2, values[n]);
        SET(ich_ap0r0_el2, values[n]);
        SET(ich_ap1r0_el2, values[n]);
        SET_LR(0, values[n]);
        print("%016lx: ICH_HCR %lx VMCR %lx AP0 %lx AP1 %lx LR %lx MISR %lx\n", values[n], GET(ich_hcr_el2), GET(ich_vmcr_el2) & 0xffffffff,
              GET(ich_ap0r0_el2), GET(ich_ap1r0_el2), GET_LR(0) & LR_FIELDS, GET(ich_misr_el2) & ~0x20UL);
    }
    SET(ich_hcr_el2, 0);
}

/* Which registers are virtual, by HCR_EL2.IMO and FMO: virtual and physical state differ everywhere. */
static void show_redirection(void)
{
    for (unsigned n = 0; n < 4; n++) {
        begin("redirection", ICH_HCR_EN, VMCR(0xa8UL, 5UL, 6UL, 1UL, 0UL, 0UL, 1UL));
        SET(ich_ap0r0_el2, 0x100);
        SET(ich_ap1r0_el2, 0x10000);
        SET_LR(0, LR(PENDING, 0, 0x10, 60));
        SET_LR(1, LR(PENDING, 1, 0x20, 61));
        SET(hcr_el2, HCR_PLAIN | (n & 1 ? HCR_IMO : 0) | (n & 2 ? HCR_FMO : 0));
        print("IMO %u FMO %u: PMR %lx RPR %lx CTLR %lx BPR0 %lx BPR1 %lx AP0 %lx AP1 %lx IGRPEN0 %lx IGRPEN1 %lx HPPIR0 %lu HPPIR1 %lu ISR %lx\n",
              n & 1, n >> 1, read_sysreg(icc_pmr_el1), read_sysreg(icc_rpr_el1), read_sysreg(icc_ctlr_el1), read_sysreg(icc_bpr0_el1),
              read_sysreg(icc_bpr1_el1), read_sysreg(icc_ap0r0_el1), read_sysreg(icc_ap1r0_el1), read_sysreg(icc_igrpen0_el1),
              read_sysreg(icc_igrpen1_el1), read_sysreg(icc_hppir0_el1), read_sysreg(icc_hppir1_el1), read_sysreg(isr_el1));
        print("  IAR0 %lu", read_sysreg(icc_iar0_el1));
        print(" IAR1 %lu", read_sysreg(icc_iar1_el1));
        SET(hcr_el2, HCR_VIRTUAL);
        print(" LR %016lx %016lx AP0 %lx AP1 %lx\n", GET_LR(0), GET_LR(1), GET(ich_ap0r0_el2), GET(ich_ap1r0_el2));
    }
}

#define TRY(text) \
    {             \
        text, #text \
    }
/* Each ICC_* access that EL1 has. */
#define ACCESS(name, instruction)             \
    static void access_##name(void)           \
    {                                         \
        asm volatile(instruction : : : "x5"); \
    }
ACCESS(read_pmr, "mrs x5, icc_pmr_el1")
ACCESS(write_pmr, "mov x5, #0xf0\n\tmsr icc_pmr_el1, x5")
ACCESS(read_iar0, "mrs x5, icc_iar0_el1")
ACCESS(write_eoir0, "mov x5, #1023\n\tmsr icc_eoir0_el1, x5")
ACCESS(read_hppir0, "mrs x5, icc_hppir0_el1")
ACCESS(read_bpr0, "mrs x5, icc_bpr0_el1")
ACCESS(write_bpr0, "mov x5, #2\n\tmsr icc_bpr0_el1, x5")
ACCESS(read_ap0r0, "mrs x5, icc_ap0r0_el1")
ACCESS(write_ap0r0, "mov x5, #0\n\tmsr icc_ap0r0_el1, x5")
ACCESS(read_ap1r0, "mrs x5, icc_ap1r0_el1")
ACCESS(write_ap1r0, "mov x5, #0\n\tmsr icc_ap1r0_el1, x5")
ACCESS(write_dir, "mov x5, #1023\n\tmsr icc_dir_el1, x5")
ACCESS(read_rpr, "mrs x5, icc_rpr_el1")
ACCESS(write_sgi1r, "mov x5, #0\n\tmsr icc_sgi1r_el1, x5")
ACCESS(write_asgi1r, "mov x5, #0\n\tmsr icc_asgi1r_el1, x5")
ACCESS(write_sgi0r, "mov x5, #0\n\tmsr icc_sgi0r_el1, x5")
ACCESS(read_iar1, "mrs x5, icc_iar1_el1")
ACCESS(write_eoir1, "mov x5, #1023\n\tmsr icc_eoir1_el1, x5")
ACCESS(read_hppir1, "mrs x5, icc_hppir1_el1")
ACCESS(read_bpr1, "mrs x5, icc_bpr1_el1")
ACCESS(write_bpr1, "mov x5, #3\n\tmsr icc_bpr1_el1, x5")
ACCESS(read_ctlr, "mrs x5, icc_ctlr_el1")
ACCESS(write_ctlr, "mov x5, #0\n\tmsr icc_ctlr_el1, x5")
ACCESS(read_sre, "mrs x5, icc_sre_el1")
ACCESS(write_sre, "mov x5, #7\n\tmsr icc_sre_el1, x5")
ACCESS(read_igrpen0, "mrs x5, icc_igrpen0_el1")
ACCESS(write_igrpen0, "mov x5, #1\n\tmsr icc_igrpen0_el1, x5")
ACCESS(read_igrpen1, "mrs x5, icc_igrpen1_el1")
ACCESS(write_igrpen1, "mov x5, #1\n\tmsr icc_igrpen1_el1, x5")

static void show_access_traps(void)
{
    static const struct {
        void (*run)(void);
        const char *name;
    } accesses[] = {
        TRY(access_read_pmr), TRY(access_write_pmr), TRY(access_read_iar0), TRY(access_write_eoir0), TRY(access_read_hppir0),
        TRY(access_read_bpr0), TRY(access_write_bpr0), TRY(access_read_ap0r0), TRY(access_write_ap0r0), TRY(access_read_ap1r0),
        TRY(access_write_ap1r0), TRY(access_write_dir), TRY(access_read_rpr), TRY(access_write_sgi1r), TRY(access_write_asgi1r),
        TRY(access_write_sgi0r), TRY(access_read_iar1), TRY(access_write_eoir1), TRY(access_read_hppir1), TRY(access_read_bpr1),
        TRY(access_write_bpr1), TRY(access_read_ctlr), TRY(access_write_ctlr), TRY(access_read_sre), TRY(access_write_sre),
        TRY(access_read_igrpen0), TRY(access_write_igrpen0), TRY(access_read_igrpen1), TRY(access_write_igrpen1),
    };
    static const struct {
        uint64_t hcr, ich_hcr;
        const char *name;
    } controls[] = {
        {HCR_PLAIN, 0, "nothing"},
        {HCR_VIRTUAL, 0, "IMO FMO"},
        {HCR_PLAIN | HCR_IMO, 0, "IMO"},
        {HCR_PLAIN | HCR_FMO, 0, "FMO"},
        {HCR_VIRTUAL, ICH_HCR_TC, "TC"},
        {HCR_VIRTUAL, ICH_HCR_TALL0, "TALL0"},
        {HCR_VIRTUAL, ICH_HCR_TALL1, "TALL1"},
        {HCR_VIRTUAL, ICH_HCR_TDIR, "TDIR"},
        {HCR_VIRTUAL, ICH_HCR_TSEI, "TSEI"},
        {HCR_PLAIN, ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1, "TC TALL0 TALL1 without IMO FMO"},
    };
    for (unsigned c = 0; c < sizeof(controls) / sizeof(controls[0]); c++) {
        begin(controls[c].name, controls[c].ich_hcr, VMCR_USUAL);
        SET(hcr_el2, controls[c].hcr);
        for (unsigned a = 0; a < sizeof(accesses) / sizeof(accesses[0]); a++) {
            trap_count = 0;
            accesses[a].run();
            if (trap_count)
                print("  %-22s vector %03lx ESR %08lx\n", accesses[a].name + 7, traps[0].vector, traps[0].esr);
        }
        SET(hcr_el2, HCR_VIRTUAL);
        trap_count = 0;
    }
    SET(ich_hcr_el2, 0);
}

static void show_delivery(void)
{
    end_in_handler = 1;
    begin("one of Group 1", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    show("pending");
    show_taken();
    show("taken and ended");
    begin("one of Group 0", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(3, LR(PENDING, 0, 0x80, 51));
    show("pending");
    show_taken();
    show("taken and ended");
    begin("disabled interface", 0, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    show("pending");
    show_taken();
    begin("disabled group", ICH_HCR_EN, VMCR(0xf0UL, 2UL, 3UL, 0UL, 0UL, 0UL, 1UL));
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    show_taken();
    write_sysreg(icc_igrpen1_el1, 1);
    print("enabled by the guest\n");
    show_taken();
    begin("priority mask", ICH_HCR_EN, VMCR(0x80UL, 2UL, 3UL, 0UL, 0UL, 1UL, 1UL));
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    show_taken();
    write_sysreg(icc_pmr_el1, 0x88);
    print("mask 88\n");
    show_taken();
    begin("four, by priority", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x90, 50));
    SET_LR(1, LR(PENDING, 0, 0x50, 51));
    SET_LR(2, LR(PENDING, 1, 0x50, 52));
    SET_LR(3, LR(PENDING, 1, 0x10, 9000));
    show("pending");
    show_taken();
    show("taken and ended");
    begin("pending and active", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(BOTH, 1, 0x90, 50));
    SET_LR(1, LR(ACTIVE, 1, 0x80, 51));
    show("not a candidate");
    show_taken();
    write_sysreg(icc_eoir1_el1, 50);
    show("ended without a running priority");
    SET(ich_ap1r0_el2, BIT(0x90 >> 3));
    write_sysreg(icc_eoir1_el1, 50);
    show("ended with one");
    show_taken();
    show("then taken");
    begin("spurious", ICH_HCR_EN, VMCR_USUAL);
    print("IAR0 %lu IAR1 %lu\n", read_sysreg(icc_iar0_el1), read_sysreg(icc_iar1_el1));
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    print("IAR0 %lu while Group 1 is pending\n", read_sysreg(icc_iar0_el1));
    show("still there");
    SET_LR(0, LR(PENDING, 1, 0x80, 1021));
    print("special INTID: IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    show("after it");
}

static void show_preemption(void)
{
    end_in_handler = 1;
    nest_in_handler = 1;
    static const uint64_t vmcrs[] = {
        VMCR(0xf0UL, 2UL, 3UL, 0UL, 0UL, 1UL, 1UL), /* every bit */
        VMCR(0xf0UL, 5UL, 6UL, 0UL, 0UL, 1UL, 1UL), /* bits 7:6 */
        VMCR(0xf0UL, 6UL, 3UL, 0UL, 1UL, 1UL, 1UL), /* common binary point: bit 7 */
        VMCR(0xf0UL, 7UL, 7UL, 0UL, 0UL, 1UL, 1UL), /* Group 0 never preempts */
    };
    for (unsigned n = 0; n < 4; n++) {
        begin("preemption", ICH_HCR_EN, vmcrs[n]);
        print("BPR0 %lx BPR1 %lx CTLR %lx\n", read_sysreg(icc_bpr0_el1), read_sysreg(icc_bpr1_el1), read_sysreg(icc_ctlr_el1));
        SET_LR(0, LR(PENDING, 1, 0xa0, 50));
        print("IAR1 %lu RPR %lx\n", read_sysreg(icc_iar1_el1), read_sysreg(icc_rpr_el1));
        SET_LR(1, LR(PENDING, 1, 0x98, 51));
        show("same or next");
        show_taken();
        SET_LR(2, LR(PENDING, 0, 0x60, 52));
        show("more urgent, Group 0");
        show_taken();
        SET_LR(3, LR(PENDING, 1, 0x10, 53));
        show_taken();
        show("most urgent");
        write_sysreg(icc_eoir1_el1, 50);
        show_taken();
        show("the first has ended");
    }
    begin("equal priority of both groups active", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(ACTIVE, 0, 0x80, 50));
    SET_LR(1, LR(ACTIVE, 1, 0x80, 51));
    SET(ich_ap0r0_el2, BIT(0x10));
    SET(ich_ap1r0_el2, BIT(0x10));
    show("both");
    write_sysreg(icc_eoir1_el1, 51);
    show("Group 1 ended");
    write_sysreg(icc_eoir0_el1, 50);
    show("Group 0 ended");
    nest_in_handler = 0;
}

static void show_ends(void)
{
    end_in_handler = 0;
    begin("EOImode 0: out of order, wrong group, absent, twice", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    SET_LR(1, LR(PENDING, 1, 0x40, 51));
    print("IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    SET_LR(2, LR(PENDING, 1, 0x20, 52));
    print("IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    show("two active");
    write_sysreg(icc_eoir1_el1, 51);
    show("the lower ended first");
    write_sysreg(icc_eoir0_el1, 52);
    show("ended as Group 0");
    write_sysreg(icc_eoir1_el1, 77);
    show("absent ended");
    write_sysreg(icc_eoir1_el1, 77);
    show("absent ended again");
    write_sysreg(icc_dir_el1, 52);
    show("DIR in EOImode 0");

    begin("EOImode 1", ICH_HCR_EN, VMCR(0xf0UL, 2UL, 3UL, 1UL, 0UL, 1UL, 1UL));
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    SET_LR(1, LR(PENDING, 0, 0x90, 51));
    print("IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    write_sysreg(icc_eoir1_el1, 50);
    show("priority dropped");
    print("IAR0 %lu\n", read_sysreg(icc_iar0_el1));
    write_sysreg(icc_dir_el1, 51);
    show("deactivated before the drop");
    write_sysreg(icc_eoir0_el1, 51);
    show("then dropped");
    write_sysreg(icc_dir_el1, 50);
    show("the first deactivated");
    write_sysreg(icc_dir_el1, 50);
    show("once more: EOIcount");
    SET(ich_ap1r0_el2, BIT(0x10));
    write_sysreg(icc_eoir1_el1, 70);
    show("EOIR of an absent one");
    write_sysreg(icc_dir_el1, 1022);
    write_sysreg(icc_dir_el1, 8192);
    show("DIR of special ones");

    begin("LPI", ICH_HCR_EN, VMCR(0xf0UL, 2UL, 3UL, 1UL, 0UL, 1UL, 1UL));
    SET_LR(0, LR(PENDING, 1, 0x80, 8200));
    print("IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    show("acknowledged");
    write_sysreg(icc_eoir1_el1, 8200);
    show("ended");
    SET(ich_ap1r0_el2, BIT(0x10));
    write_sysreg(icc_eoir1_el1, 8201);
    show("absent one ended");
}

static void show_maintenance(void)
{
    end_in_handler = 1;
    begin("EOI maintenance", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x80, 50) | LR_EOI);
    SET_LR(2, LR(PENDING, 1, 0x90, 51));
    show("pending");
    show_taken();
    show("ended");
    SET_LR(0, 0);
    SET(ich_hcr_el2, ICH_HCR_EN);
    show("emptied");
    show_taken();

    begin("underflow", ICH_HCR_EN | ICH_HCR_UIE, VMCR_USUAL);
    show("nothing in the lists");
    begin("underflow, three listed", ICH_HCR_EN, VMCR_USUAL);
    for (unsigned n = 0; n < 3; n++)
        SET_LR(n, LR(PENDING, 1, 0x80 + 8 * n, 50 + n));
    SET(ich_hcr_el2, ICH_HCR_EN | ICH_HCR_UIE);
    show("pending");
    show_taken();
    show("taken");

    begin("no pending", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(1, LR(PENDING, 1, 0x80, 50));
    SET(ich_hcr_el2, ICH_HCR_EN | ICH_HCR_NPIE);
    show("pending");
    print("IAR1 %lu\n", read_sysreg(icc_iar1_el1));
    show("acknowledged");

    begin("entry not present", ICH_HCR_EN | ICH_HCR_LRENPIE, VMCR_USUAL);
    SET(ich_ap1r0_el2, BIT(0x10));
    show("not yet");
    write_sysreg(icc_eoir1_el1, 60);
    show("ended what isn't there");
    SET(ich_hcr_el2, 31UL << 27 | ICH_HCR_EN);
    SET(ich_ap1r0_el2, BIT(0x10));
    write_sysreg(icc_eoir1_el1, 60);
    show("EOIcount wraps");

    static const struct {
        uint64_t bit;
        const char *name;
    } groups[] = {{ICH_HCR_VGRP0EIE, "Group 0 enabled"}, {ICH_HCR_VGRP0DIE, "Group 0 disabled"}, {ICH_HCR_VGRP1EIE, "Group 1 enabled"},
                  {ICH_HCR_VGRP1DIE, "Group 1 disabled"}};
    for (unsigned n = 0; n < 4; n++) {
        /* Both groups alike: QEMU looks at Group 1 for Group 0's. */
        begin(groups[n].name, ICH_HCR_EN, VMCR(0xf0UL, 2UL, 3UL, 0UL, 0UL, n & 1UL, n & 1UL));
        SET(ich_hcr_el2, ICH_HCR_EN | groups[n].bit);
        show("not yet");
        write_sysreg(icc_igrpen0_el1, !(n & 1));
        write_sysreg(icc_igrpen1_el1, !(n & 1));
        show("changed by the guest");
    }
    begin("masked by En", ICH_HCR_UIE | ICH_HCR_NPIE, VMCR_USUAL);
    show("status without interrupt");
    SET(ich_hcr_el2, 0);
}

static void show_hardware(void)
{
    end_in_handler = 1;
    begin("hardware interrupt", ICH_HCR_EN, VMCR_USUAL);
    gic_enable(PHYSICAL_SPI);
    gic_set_pending(PHYSICAL_SPI);
    isb();
    show_traps();
    print("at EL2: pending %d active %d\n", gic_is_pending(PHYSICAL_SPI), gic_is_active(PHYSICAL_SPI));
    SET_LR(0, LR(PENDING, 1, 0x80, 70) | LR_HW(PHYSICAL_SPI));
    gic_set_pending(PHYSICAL_SPI);
    show("listed, and again pending at the distributor");
    show_taken();
    print("ended by the guest: pending %d active %d\n", gic_is_pending(PHYSICAL_SPI), gic_is_active(PHYSICAL_SPI));
    show("taken again at EL2");
    begin("hardware interrupt, EOImode 1", ICH_HCR_EN, VMCR(0xf0UL, 2UL, 3UL, 1UL, 0UL, 1UL, 1UL));
    SET_LR(1, LR(PENDING, 1, 0x80, 70) | LR_HW(PHYSICAL_SPI));
    show_taken();
    print("priority dropped: active %d\n", gic_is_active(PHYSICAL_SPI));
    write_sysreg(icc_dir_el1, 70);
    print("deactivated: active %d\n", gic_is_active(PHYSICAL_SPI));
    show("done");
    gic_disable(PHYSICAL_SPI);
}

static void show_hcr_interrupts(void)
{
    static const struct {
        uint64_t bits;
        const char *name;
    } cases[] = {
        {HCR_VI, "VI"},
        {HCR_VI | HCR_IMO, "VI IMO"},
        {HCR_VF, "VF"},
        {HCR_VF | HCR_FMO, "VF FMO"},
        {HCR_VI | HCR_VF | HCR_IMO | HCR_FMO, "VI VF IMO FMO"},
        {HCR_VSE, "VSE"},
        {HCR_VSE | HCR_AMO, "VSE AMO"},
    };
    begin("HCR_EL2.VI, VF, VSE", 0, VMCR_USUAL);
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        SET(hcr_el2, HCR_PLAIN | cases[n].bits);
        print("%s: ISR %lx, at EL2 %lx\n", cases[n].name, read_sysreg(isr_el1), GET(isr_el1));
        show_taken();
        print("    HCR %lx\n", GET(hcr_el2));
    }
    SET(hcr_el2, HCR_VIRTUAL);
}

static void show_wfi(void)
{
    end_in_handler = 1;
    begin("WFI with a virtual interrupt that is masked", ICH_HCR_EN, VMCR_USUAL);
    SET_LR(0, LR(PENDING, 1, 0x80, 50));
    wfi();
    show_taken();
    SET(hcr_el2, HCR_VIRTUAL | HCR_VI);
    wfi();
    SET(hcr_el2, HCR_VIRTUAL);
    print("went on\n");
}

static uint64_t start_hypervisor(uint64_t unused)
{
    (void)unused;
    write_sysreg(icc_ctlr_el1, 2); /* EOImode: the guest deactivates hardware interrupts */
    write_sysreg(icc_pmr_el1, 0xf8);
    write_sysreg(icc_igrpen1_el1, 1);
    write_sysreg(hcr_el2, HCR_VIRTUAL);
    isb();
    return 0;
}

static uint64_t stage2_root[1024] __attribute__((aligned(8192)));

/* 40-bit input from level 1, each gigabyte where it is. */
static uint64_t turn_stage2_on(uint64_t unused)
{
    (void)unused;
    for (uint64_t n = 0; n < 1024; n++)
        stage2_root[n] = n << 30 | BIT(10) /* AF */ | 3UL << 8 /* inner shareable */ | 3UL << 6 /* S2AP */ |
                         (n == 0 ? 0x1UL : 0xfUL) << 2 /* MemAttr */ | 1 /* block */;
    write_sysreg(vtcr_el2, BIT(31) | 2UL << 16 /* PS: 40 bits */ | 3UL << 12 | 1UL << 10 | 1UL << 8 | 1UL << 6 /* SL0: level 1 */ | 24 /* T0SZ */);
    write_sysreg(vttbr_el2, 1UL << 48 | (uint64_t)stage2_root);
    write_sysreg(hcr_el2, HCR_VIRTUAL | HCR_VM);
    asm volatile("tlbi alle1\n\tdsb sy\n\tisb" : : : "memory");
    return 0;
}

int main(void)
{
    exceptions_handle_with(on_exception);
    gic_init();
    gic_init_pe();
    gic_enable(INTID_MAINTENANCE);
    at_el2(start_hypervisor, 0);
    show_identity();
    show_redirection();
    show_access_traps();
    for (int stage2 = 0; stage2 < 2; stage2++) {
        print("---- stage 2 %s\n", stage2 ? "on" : "off");
        if (stage2)
            at_el2(turn_stage2_on, 0);
        show_delivery();
        show_preemption();
        show_ends();
        show_maintenance();
        show_hardware();
    }
    show_wfi();
    show_hcr_interrupts();
    return 0;
}
