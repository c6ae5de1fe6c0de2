/*
 * offlet CROSSING TIMES busy N [guarded]: from a deadline to the handler of an offlet, which has PE 1 to itself and looks at the counter
 * until the time has come. The alarm of this process's PE is set for the same time: its wire is what the crossing begins with. First
 * with this PE idle, and then, as the next crossing, with N busy processes on it.
 */
#include "latency.h"

#define CPU 1
#define INTERVAL_US 10
#define SPREAD_US 15
#define DROP_ATTEMPTS 100

static struct {
    volatile uint64_t deadline; /* 0: none is set */
    volatile uint64_t handled;
    uint64_t crossing;
} state;

static uint64_t offlet(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const uint64_t deadline = state.deadline;
    if (!deadline)
        return 0;
    while (cycles() < deadline)
        ;
    lab_end(state.crossing);
    state.deadline = 0;
    return ++state.handled;
}

/* Which the kernel does when nothing runs there. */
static int64_t take_pe(void)
{
    int64_t result = ERROR_BUSY;
    for (unsigned n = 0; n < DROP_ATTEMPTS && result == ERROR_BUSY; n++) {
        result = hyplet_drop_cpu(CPU);
        sleep_until(after_us(1000));
    }
    return result;
}

static int64_t give_pe(void)
{
    int64_t result = ERROR_BUSY;
    for (unsigned n = 0; n < DROP_ATTEMPTS && result == ERROR_BUSY; n++) { /* until it is off */
        result = hyplet_assign_offlet(CPU, offlet);
        sleep_until(after_us(100));
    }
    return result;
}

/* Time enough for the process to wait before it is woken up. How often the alarm came too. */
static uint64_t measure(uint64_t times)
{
    uint64_t seed = 1, rang = 0;
    const uint64_t us = clock_frequency() / 1000000;
    for (uint64_t n = 0; n < times; n++) {
        const uint64_t before = state.handled;
        const struct alarm_setup setup = {.first = clock() + INTERVAL_US * us + alarm_random(&seed) % (SPREAD_US * us), .count = 1};
        lab_arm(state.crossing, ALARM_INTID);
        alarm_start(&setup);
        state.deadline = setup.first;
        while (state.handled == before)
            hyp_wait(CPU, 1);
        rang += irq_wait(ALARM_INTID, FOREVER) == 1;
    }
    return rang;
}

int main(int argc, char **argv)
{
    const uint64_t crossing = argument_number(argc, argv, 0, 0), times = argument_number(argc, argv, 1, 1000);
    if (info(INFO_PES) < 2) {
        printf("offlet: the machine has only one PE\n");
        return 1;
    }
    hyplet_choose(argc, argv);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the alarm");
    hyplet_check(take_pe(), "taking the PE");
    hyplet_begin(offlet, CPU);
    hyplet_check(give_pe(), "giving it to the offlet");
    uint64_t right = 0;
    for (unsigned loaded = 0; loaded < 2; loaded++) {
        struct busy busy = {.count = 0};
        if (loaded)
            busy_start(&busy, argc, argv);
        set_priority(0, PRIORITY_DEFAULT + 1);
        state.crossing = crossing + loaded;
        state.handled = 0;
        const uint64_t rang = measure(times);
        const uint64_t ended = busy_stop(&busy);
        lab_note(state.crossing, state.handled);
        printf("offlet: crossing %lu: %lu handled, %lu alarms, beside %lu busy processes\n", state.crossing, state.handled, rang, ended);
        right += state.handled == times && rang == times;
    }
    hyplet_check(hyplet_stop_offlet(CPU), "stopping the offlet");
    return right != 2;
}
