/*
 * irq-wait [INTERRUPTS] [busy N] [equal] [time]: a device's interrupt wakes up a process that waits for it: the classic way to a user's
 * handler. `busy` starts N processes that always want to run, below this one's priority, or at the same one with `equal`.
 */
#include "samples.h"
#include "user.h"

#define MAX_BUSY 16
#define INTERVAL_US 200
#define SPREAD_US 300

static int64_t busy[MAX_BUSY];

static uint64_t start_busy(int argc, char **argv)
{
    uint64_t count = 0;
    for (int n = 0; n < argc; n++)
        if (!strcmp(argv[n], "busy"))
            count = argument_number(argc, argv, n + 1, 8);
    if (count > MAX_BUSY)
        count = MAX_BUSY;
    for (uint64_t n = 0; n < count; n++)
        busy[n] = spawn("busy", "");
    return count;
}

static uint64_t stop_busy(uint64_t count)
{
    uint64_t killed = 0;
    for (uint64_t n = 0; n < count; n++) {
        kill(busy[n]);
        killed += wait(busy[n]) == STATUS_KILLED;
    }
    return killed;
}

int main(int argc, char **argv)
{
    const uint64_t interrupts = argument_number(argc, argv, 0, 1000);
    const uint64_t us = clock_frequency() / 1000000;
    struct samples samples;
    samples_init(&samples, interrupts);
    const uint64_t others = start_busy(argc, argv);
    if (!argument_has(argc, argv, "equal"))
        set_priority(0, PRIORITY_DEFAULT + 1);
    if (irq_open(ALARM_INTID, IRQ_EDGE) < 0) {
        printf("irq-wait: the alarm is somebody else's\n");
        return 1;
    }
    uint64_t seed = 1, early = 0, wrong = 0;
    for (uint64_t n = 0; n < interrupts; n++) {
        const struct alarm_setup setup = {.first = clock() + INTERVAL_US * us + alarm_random(&seed) % (SPREAD_US * us), .count = 1};
        alarm_start(&setup);
        wrong += irq_wait(ALARM_INTID, FOREVER) != 1;
        const uint64_t now = clock();
        early += now < setup.first;
        samples_add(&samples, now - setup.first);
    }
    irq_close(ALARM_INTID);
    printf("irq-wait: %lu interrupts, %lu early, %lu not alone\n", interrupts, early, wrong);
    if (others)
        printf("irq-wait: beside %lu of %lu busy processes\n", stop_busy(others), others);
    if (argument_has(argc, argv, "time"))
        samples_print(&samples, "irq-wait");
    return early || wrong;
}
