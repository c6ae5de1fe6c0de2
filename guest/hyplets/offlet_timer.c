/*
 * offlet_timer [TICKS] [guarded] [late] [time]: takes PE 1 from the kernel and gives it to a hyplet, which waits there for one deadline after
 * the other and wakes up this process at the last. How late it notices is its jitter.
 * With `late` the process waits only after that: the wake-up isn't lost.
 */
#include "libhyplet.h"
#include "samples.h"

#define CPU 1
#define PERIOD_US 50
#define DROP_ATTEMPTS 100

static struct {
    volatile uint64_t ticks;
    uint64_t wanted, deadline, period, early;
} state;
static struct samples samples;

static uint64_t offlet(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    uint64_t now;
    if (state.ticks == state.wanted)
        return 0;
    if (!state.deadline)
        state.deadline = cycles() + state.period;
    while ((now = cycles()) < state.deadline)
        ;
    samples_add(&samples, now - state.deadline);
    state.deadline += state.period;
    return ++state.ticks == state.wanted;
}

static int64_t drop(void)
{
    int64_t result = ERROR_BUSY;
    for (unsigned n = 0; n < DROP_ATTEMPTS && result == ERROR_BUSY; n++) {
        result = hyplet_drop_cpu(CPU);
        sleep_until(after_us(1000));
    }
    return result;
}

int main(int argc, char **argv)
{
    state.wanted = argument_number(argc, argv, 0, 1000);
    state.period = PERIOD_US * clock_frequency() / 1000000;
    samples_init(&samples, state.wanted);
    if (info(INFO_PES) < 2) {
        printf("offlet_timer: the machine has only one PE\n");
        return 1;
    }
    hyplet_choose(argc, argv);
    hyplet_check(drop(), "taking the PE");
    hyplet_begin(offlet, CPU);
    int64_t result = ERROR_BUSY;
    for (unsigned n = 0; n < DROP_ATTEMPTS && result == ERROR_BUSY; n++) { /* until it is off */
        result = hyplet_assign_offlet(CPU, offlet);
        sleep_until(after_us(100));
    }
    hyplet_check(result, "giving it to the offlet");
    while (argument_has(argc, argv, "late") && state.ticks < state.wanted)
        sleep_until(after_us(1000));
    if (argument_has(argc, argv, "late"))
        sleep_until(after_us(1000)); /* for its event to come */
    const int64_t woken = hyp_wait(CPU, 10000);
    hyplet_check(hyplet_stop_offlet(CPU), "stopping the offlet");
    printf("offlet_timer: %lu of %lu ticks, hyp_wait() answered %ld\n", state.ticks, state.wanted, woken);
    if (argument_has(argc, argv, "time"))
        samples_print(&samples, "offlet_timer");
    return state.ticks != state.wanted;
}
