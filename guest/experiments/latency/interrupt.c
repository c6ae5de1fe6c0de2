/*
 * interrupt CROSSING INTERRUPTS [busy N] [hyplet [hook] [guarded]]: from the wire of a device to a user's handler: the process that
 * waits for it, or its hyplet. The next crossing's number is that of the way to the kernel's handler. `busy` starts N processes of
 * lower priority that always want to run.
 */
#include "latency.h"

#define INTERVAL_US 20
#define SPREAD_US 40

static uint64_t crossing;
static volatile uint64_t handled;

static uint64_t on_interrupt(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    lab_end(crossing);
    handled++;
    return 0;
}

int main(int argc, char **argv)
{
    crossing = argument_number(argc, argv, 0, 0);
    const uint64_t interrupts = argument_number(argc, argv, 1, 1000);
    const uint64_t us = clock_frequency() / 1000000;
    const int in_hyplet = argument_has(argc, argv, "hyplet");
    struct busy busy;
    busy_start(&busy, argc, argv);
    set_priority(0, PRIORITY_DEFAULT + 1);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the alarm");
    if (in_hyplet) {
        hyplet_choose(argc, argv);
        hyplet_begin(on_interrupt, -1);
        hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the alarm");
    }
    uint64_t seed = 1, waited = 0;
    for (uint64_t n = 0; n < interrupts; n++) {
        lab_arm(crossing, ALARM_INTID);
        lab_arm(KERNELS(crossing), ALARM_INTID | LAB_UNTIL_SEEN);
        const struct alarm_setup setup = {.first = clock() + INTERVAL_US * us + alarm_random(&seed) % (SPREAD_US * us), .count = 1};
        alarm_start(&setup);
        waited += irq_wait(ALARM_INTID, FOREVER) == 1;
        if (!in_hyplet)
            on_interrupt(0, 0, 0, 0);
    }
    if (in_hyplet)
        hyplet_check(hyplet_untrap_irq(ALARM_INTID, -1), "untrapping the alarm");
    irq_close(ALARM_INTID);
    const uint64_t ended = busy_stop(&busy);
    lab_note(crossing, handled);
    lab_note(KERNELS(crossing), waited);
    printf("interrupt: crossing %lu: %lu handled, %lu waited for, beside %lu busy processes\n", crossing, handled, waited, ended);
    return handled != interrupts || waited != interrupts;
}
