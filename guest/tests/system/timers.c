/* The EL1 timers: status against the count, masking, wrap-around of TVAL, interrupts and their level, WFI. Prints relations only. */
#include "exceptions.h"
#include "gic.h"
#include "print.h"
#include "runtime.h"
#include "timer.h"
#include "virt.h"

static volatile unsigned taken[64];
static volatile int too_early;
static volatile uint64_t deadline;
static volatile uint32_t order[8];
static volatile unsigned order_length;

static void on_exception(struct exception_frame *frame)
{
    if (VECTOR_KIND(frame->vector) != VECTOR_IRQ)
        exceptions_die(frame);
    const uint32_t intid = gic_acknowledge();
    if (intid >= 64)
        return;
    if (timer_now() < deadline)
        too_early = 1;
    taken[intid]++;
    if (order_length < 8)
        order[order_length++] = intid;
    if (intid == VIRT_INTID_VIRTUAL_TIMER)
        write_sysreg(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    if (intid == VIRT_INTID_PHYSICAL_TIMER)
        write_sysreg(cntp_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    isb();
    gic_end(intid);
}

static unsigned status(void)
{
    isb();
    return (unsigned)read_sysreg(cntv_ctl_el0);
}

static void show_status(void)
{
    const uint64_t now = timer_now();
    write_sysreg(cntv_ctl_el0, 0);
    write_sysreg(cntv_cval_el0, now);
    print("disabled, past: ctl %x (ISTATUS is UNKNOWN when disabled: masked)\n", status() & 3);
    write_sysreg(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    print("masked, past: ctl %x\n", status());
    write_sysreg(cntv_cval_el0, now + (1UL << 40));
    print("masked, future: ctl %x\n", status());
    write_sysreg(cntv_cval_el0, ~0UL);
    print("masked, far future: ctl %x\n", status());
    write_sysreg(cntv_cval_el0, 0);
    print("masked, zero: ctl %x\n", status());
    write_sysreg(cntv_tval_el0, 0xffffffff);
    isb();
    const uint64_t below = timer_now() - read_sysreg(cntv_cval_el0);
    print("tval = -1: ctl %x, compare value behind the count %s\n", status(), below >= 1 && below < (1UL << 31) ? "yes" : "no");
    write_sysreg(cntv_tval_el0, 0x7fffffff);
    isb();
    const uint64_t tval = read_sysreg(cntv_tval_el0);
    print("tval = 2^31-1: ctl %x, reads back smaller or equal %s\n", status(), tval <= 0x7fffffff && tval > 0x70000000 ? "yes" : "no");
    write_sysreg(cntv_cval_el0, timer_now() - 5);
    isb();
    print("tval of the past has bits 63:32 %lx, sign %lu\n", read_sysreg(cntv_tval_el0) >> 32, field(read_sysreg(cntv_tval_el0), 31, 31));
    write_sysreg(cntv_ctl_el0, 0);
}

static void show_counters(void)
{
    const uint64_t virtual_first = timer_now();
    isb();
    const uint64_t physical = read_sysreg(cntpct_el0);
    const uint64_t virtual_second = timer_now();
    print("virtual count is physical count: %s; monotonic: %s; frequency %lu\n",
          virtual_first <= physical && physical <= virtual_second ? "yes" : "no", virtual_first <= virtual_second ? "yes" : "no",
          timer_frequency());
    while (timer_now() < virtual_second + 1000)
        ;
    print("the count moves\n");
}

static void show_interrupt(void)
{
    gic_enable(VIRT_INTID_VIRTUAL_TIMER);
    interrupts_disable();
    deadline = timer_now() + timer_frequency() / 2000;
    timer_fire_at(deadline);
    print("armed: pending %d\n", gic_is_pending(VIRT_INTID_VIRTUAL_TIMER) && timer_now() < deadline);
    while (!(status() & TIMER_ISTATUS))
        ;
    print("past: early %d ctl %x pending %d taken while masked %u\n", timer_now() < deadline, status(), gic_is_pending(VIRT_INTID_VIRTUAL_TIMER),
          taken[VIRT_INTID_VIRTUAL_TIMER]);
    write_sysreg(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    isb();
    print("IMASK set: pending %d (the line is a level)\n", gic_is_pending(VIRT_INTID_VIRTUAL_TIMER));
    write_sysreg(cntv_ctl_el0, TIMER_ENABLE);
    isb();
    print("IMASK clear: pending %d, ISR_EL1 %lx\n", gic_is_pending(VIRT_INTID_VIRTUAL_TIMER), read_sysreg(isr_el1));
    wfi(); /* wakes for a pending interrupt though PSTATE.I masks it */
    print("wfi woke with PSTATE.I set, taken %u\n", taken[VIRT_INTID_VIRTUAL_TIMER]);
    interrupts_enable();
    isb();
    print("unmasked: taken %u, early %d\n", taken[VIRT_INTID_VIRTUAL_TIMER], too_early);
    interrupts_disable();
    timer_stop();
}

static void show_wfi(void)
{
    taken[VIRT_INTID_VIRTUAL_TIMER] = 0;
    for (unsigned i = 0; i < 20; i++) {
        const unsigned before = taken[VIRT_INTID_VIRTUAL_TIMER];
        deadline = timer_now() + timer_frequency() / 5000;
        timer_fire_at(deadline);
        while (taken[VIRT_INTID_VIRTUAL_TIMER] == before)
            interrupts_wait();
    }
    print("wfi: %u interrupts, early %d\n", taken[VIRT_INTID_VIRTUAL_TIMER], too_early);
    timer_stop();
}

static void show_both(void)
{
    order_length = 0;
    gic_enable(VIRT_INTID_PHYSICAL_TIMER);
    gic_set_priority(VIRT_INTID_VIRTUAL_TIMER, 0x80);
    gic_set_priority(VIRT_INTID_PHYSICAL_TIMER, 0x40);
    interrupts_disable();
    deadline = timer_now();
    timer_fire_at(deadline);
    write_sysreg(cntp_cval_el0, deadline);
    write_sysreg(cntp_ctl_el0, TIMER_ENABLE);
    isb();
    interrupts_enable();
    while (order_length < 2)
        ;
    interrupts_disable();
    print("both due: INTID %u first, then %u\n", order[0], order[1]);
    timer_stop();
    write_sysreg(cntp_ctl_el0, 0);
}

int main(void)
{
    exceptions_handle_with(on_exception);
    gic_init();
    gic_init_pe();
    show_counters();
    show_status();
    show_interrupt();
    show_wfi();
    show_both();
    return 0;
}
