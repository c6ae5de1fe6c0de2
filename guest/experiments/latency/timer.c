/*
 * timer CROSSING TIMES [busy N] [hyplet [guarded]]: from the wire of a timer to a user's handler: the process that sleeps (the kernel's
 * virtual timer), or its hyplet (EL2's physical timer). `busy` as for interrupt. The kernel's quantum must be longer than the program
 * runs, since its ends come from the virtual timer as well.
 */
#include "latency.h"

#define INTID_HYPERVISOR_TIMER 26
#define INTID_VIRTUAL_TIMER 27
#define INTERVAL_US 20
#define SPREAD_US 40

static uint64_t crossing;
static volatile uint64_t handled;

static uint64_t on_timer(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    lab_end(crossing);
    return ++handled;
}

static uint64_t sleeps(uint64_t us)
{
    const uint64_t until = after_us(us);
    lab_arm(crossing, INTID_VIRTUAL_TIMER);
    sleep_until(until);
    on_timer(0, 0, 0, 0);
    return clock() >= until;
}

/* Time enough for the process to wait before its hyplet wakes it up. */
static uint64_t rings(uint64_t us)
{
    const uint64_t before = handled;
    lab_arm(crossing, INTID_HYPERVISOR_TIMER);
    hyplet_check(hyplet_set_timer(us * 1000, 0, -1), "setting the hyplet's timer");
    while (handled == before)
        sleep_until(after_us(INTERVAL_US + SPREAD_US));
    return handled == before + 1;
}

int main(int argc, char **argv)
{
    crossing = argument_number(argc, argv, 0, 0);
    const uint64_t times = argument_number(argc, argv, 1, 1000);
    const int in_hyplet = argument_has(argc, argv, "hyplet");
    struct busy busy;
    busy_start(&busy, argc, argv);
    set_priority(0, PRIORITY_DEFAULT + 1);
    if (in_hyplet) {
        hyplet_choose(argc, argv);
        hyplet_begin(on_timer, -1);
    }
    uint64_t seed = 1, right = 0;
    for (uint64_t n = 0; n < times; n++) {
        const uint64_t us = INTERVAL_US + alarm_random(&seed) % SPREAD_US;
        right += in_hyplet ? rings(us) : sleeps(us);
    }
    const uint64_t ended = busy_stop(&busy);
    lab_note(crossing, handled);
    printf("timer: crossing %lu: %lu handled, %lu in time, beside %lu busy processes\n", crossing, handled, right, ended);
    return handled != times || right != times;
}
