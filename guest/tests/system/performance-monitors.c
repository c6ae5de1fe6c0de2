/*
 * PMUv3: counters that software advances, overflow with its interrupt (INTID 23), filters, resets, counters of EL2's. How many cycles or
 * instructions something takes differs between machines; that counters move, overflow and interrupt doesn't.
 */
#include "exceptions.h"
#include "gic.h"
#include "print.h"
#include "sysreg.h"

#define INTID_PMU 23u
#define PMCR_E BIT(0)
#define PMCR_P BIT(1)
#define PMCR_C BIT(2)
#define PMCR_LC BIT(6)
#define CYCLES BIT(31)
#define EVENT_SW_INCR 0x00u
#define TYPE_P BIT(31)
#define TYPE_U BIT(30)

static volatile unsigned interrupts;
static volatile uint64_t seen;

static void on_exception(struct exception_frame *frame)
{
    if (VECTOR_KIND(frame->vector) != VECTOR_IRQ)
        exceptions_die(frame);
    const uint32_t intid = gic_acknowledge();
    if (intid == INTID_PMU) {
        seen |= read_sysreg(pmovsset_el0);
        write_sysreg(pmovsclr_el0, ~0UL); /* the interrupt is a level */
        isb();
    }
    interrupts++;
    if (intid != INTID_SPURIOUS)
        gic_end(intid);
}

static void reset(uint64_t control)
{
    write_sysreg(pmcr_el0, PMCR_P | PMCR_C);
    write_sysreg(pmcntenclr_el0, ~0UL);
    write_sysreg(pmintenclr_el1, ~0UL);
    write_sysreg(pmovsclr_el0, ~0UL);
    write_sysreg(pmccfiltr_el0, 0);
    for (unsigned n = 0; n < 6; n++) {
        write_sysreg(pmselr_el0, n);
        isb();
        write_sysreg(pmxevtyper_el0, EVENT_SW_INCR);
    }
    write_sysreg(pmcr_el0, control);
    isb();
    interrupts = 0;
    seen = 0;
}

static void show(const char *what)
{
    interrupts_enable();
    isb();
    interrupts_disable();
    print("%-44s CNTEN %lx INTEN %lx OVS %lx EVCNTR %lx %lx %lx, interrupts %u for %lx, pending %d\n", what, read_sysreg(pmcntenset_el0),
          read_sysreg(pmintenset_el1), read_sysreg(pmovsset_el0), field(read_sysreg(pmevcntr0_el0), 31, 0), field(read_sysreg(pmevcntr1_el0), 31, 0),
          field(read_sysreg(pmevcntr5_el0), 31, 0), interrupts, seen, gic_is_pending(INTID_PMU));
    interrupts = 0;
    seen = 0;
}

static void increment(uint64_t counters, unsigned times)
{
    while (times--)
        write_sysreg(pmswinc_el0, counters);
    isb();
}

static void show_software_increments(void)
{
    reset(PMCR_E);
    increment(0x3f, 3);
    show("none enabled");
    write_sysreg(pmcntenset_el0, 3);
    increment(0x3f, 3);
    show("0 and 1 enabled");
    increment(2, 2);
    show("only 1");
    write_sysreg(pmcr_el0, 0);
    isb();
    increment(3, 2);
    show("PMCR_EL0.E clear");
    write_sysreg(pmcr_el0, PMCR_E | PMCR_P);
    isb();
    show("PMCR_EL0.P");
    write_sysreg(pmevtyper0_el0, TYPE_P | EVENT_SW_INCR);
    write_sysreg(pmevtyper1_el0, TYPE_U | EVENT_SW_INCR);
    isb();
    increment(3, 2);
    show("0 not at EL1, 1 not at EL0");
    write_sysreg(pmselr_el0, 5);
    isb();
    write_sysreg(pmxevcntr_el0, 0x12345678);
    show("counter 5 through PMXEVCNTR_EL0");
}

static void show_overflow(void)
{
    reset(PMCR_E);
    write_sysreg(pmcntenset_el0, 3);
    write_sysreg(pmevcntr0_el0, 0xfffffffe);
    isb();
    increment(1, 2);
    show("overflow without interrupt");
    write_sysreg(pmintenset_el1, 1);
    isb();
    show("interrupt enabled afterwards");
    write_sysreg(pmevcntr0_el0, 0xffffffff);
    write_sysreg(pmevcntr1_el0, 0xffffffff);
    isb();
    increment(3, 1);
    show("overflow of both, one interrupts");
    write_sysreg(pmovsset_el0, 1);
    isb();
    show("overflow set by software");
    write_sysreg(pmcr_el0, 0);
    write_sysreg(pmovsset_el0, 1);
    isb();
    show("PMCR_EL0.E clear");
    write_sysreg(pmcr_el0, PMCR_E);
    write_sysreg(pmovsset_el0, 1); /* without a write here, QEMU doesn't look at E */
    isb();
    show("and set");
}

/* Runs until the interrupt has come, or for very long. */
static void wait_for_interrupt(void)
{
    interrupts_enable();
    for (unsigned long n = 0; !interrupts && n < 100000000; n++)
        asm volatile("" : : : "memory");
    interrupts_disable();
}

static void show_cycles(void)
{
    reset(PMCR_E | PMCR_LC);
    write_sysreg(pmcntenset_el0, CYCLES);
    isb();
    const uint64_t before = read_sysreg(pmccntr_el0);
    for (unsigned n = 0; n < 100000; n++)
        asm volatile("");
    print("the cycle counter moves: %d\n", read_sysreg(pmccntr_el0) > before);
    write_sysreg(pmccfiltr_el0, TYPE_P);
    isb();
    const uint64_t stopped = read_sysreg(pmccntr_el0);
    for (unsigned n = 0; n < 100000; n++)
        asm volatile("");
    print("while EL1 is left out: %d\n", read_sysreg(pmccntr_el0) != stopped);
    write_sysreg(pmccfiltr_el0, 0);
    write_sysreg(pmintenset_el1, CYCLES);
    write_sysreg(pmccntr_el0, 0UL - 200000);
    isb();
    wait_for_interrupt();
    show("cycle counter, 64 bits");
    print("wrapped: %d\n", read_sysreg(pmccntr_el0) < BIT(63));
    write_sysreg(pmcr_el0, PMCR_E);
    write_sysreg(pmccntr_el0, BIT(32) - 200000);
    isb();
    wait_for_interrupt();
    show("cycle counter, 32 bits");
    print("carried: %lu\n", read_sysreg(pmccntr_el0) >> 32);
    write_sysreg(pmcr_el0, PMCR_E | PMCR_C);
    isb();
    print("reset: %d\n", read_sysreg(pmccntr_el0) < 100000000);
    reset(0);
}

int main(void)
{
    exceptions_handle_with(on_exception);
    gic_init();
    gic_init_pe();
    gic_enable(INTID_PMU);
    print("PMCR N %lu\n", field(read_sysreg(pmcr_el0), 15, 11));
    show_software_increments();
    show_overflow();
    show_cycles();
    return 0;
}
