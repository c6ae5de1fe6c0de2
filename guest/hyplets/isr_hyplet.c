/*
 * isr_hyplet [RUNS] [timer] [all] [guarded] [hook] [time]: how late a hyplet runs after its interrupt, as a histogram with one line
 * a microsecond. The device is the alarm, whose times both sides know; with `timer` it is the hyplet's own timer at 20 kHz; with `all`
 * every interrupt runs the hyplet.
 */
#include "libhyplet.h"
#include "samples.h"

#define INTERVAL_US 200
#define SPREAD_US 100
#define TIMER_PERIOD_NS 50000
#define BUCKETS 32

static struct {
    uint64_t runs, wanted, early, others;
    uint64_t deadline, interval, spread, seed;
    uint64_t ticks_in_us;
    uint64_t histogram[BUCKETS];
} state;
static struct samples samples;

static void record(uint64_t late)
{
    const uint64_t us = late / state.ticks_in_us;
    state.histogram[us < BUCKETS ? us : BUCKETS - 1]++;
    samples_add(&samples, late);
    state.runs++;
}

static uint64_t on_alarm(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const uint64_t now = cycles();
    if (state.runs == state.wanted || now < state.deadline) { /* another interrupt's run, with `all` */
        state.others++;
        return 0;
    }
    record(now - state.deadline);
    state.deadline += state.interval + alarm_random(&state.seed) % (state.spread + 1);
    return 0;
}

static uint64_t on_timer(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const uint64_t now = cycles();
    if (state.runs == state.wanted)
        return 1;
    state.early += now < state.deadline + state.runs * state.interval;
    record((now - state.deadline) % state.interval); /* those that were missed are lost */
    return state.runs == state.wanted;
}

/* With `all`, waiting that ends before an interrupt comes makes others come: the kernel's timer. */
static void wait_for_alarm(uint64_t runs, int all)
{
    const struct alarm_setup setup = {.first = state.deadline, .interval = state.interval, .spread = state.spread, .count = runs, .seed = 7};
    uint64_t seen = 0;
    hyplet_check(alarm_start(&setup), "starting the alarm");
    while (seen < runs) {
        const int64_t arrived = irq_wait(ALARM_INTID, all ? after_us(INTERVAL_US / 2) : FOREVER);
        seen += arrived > 0 ? (uint64_t)arrived : 0;
    }
}

static void use_alarm(uint64_t runs, int all)
{
    hyplet_begin(on_alarm, -1);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    state.interval = INTERVAL_US * state.ticks_in_us;
    state.spread = SPREAD_US * state.ticks_in_us;
    state.seed = 7;
    state.deadline = clock() + 2 * state.interval;
    hyplet_check(all ? hyplet_trap_all_irqs(-1) : hyplet_trap_irq(ALARM_INTID, -1), "trapping the interrupt");
    wait_for_alarm(runs, all);
    hyplet_check(hyplet_untrap_irq(all ? HYPLET_ALL_IRQS : ALARM_INTID, -1), "untrapping the interrupt");
}

static void use_timer(void)
{
    hyplet_begin(on_timer, -1);
    state.interval = TIMER_PERIOD_NS * state.ticks_in_us / 1000;
    state.deadline = clock() + state.interval; /* EL2's are later by what the request takes, all by the same */
    hyplet_check(hyplet_set_timer(TIMER_PERIOD_NS, TIMER_PERIOD_NS, -1), "starting the timer");
    while (state.runs < state.wanted)
        hyp_wait(-1, 100);
    hyplet_check(hyplet_set_timer(0, 0, -1), "stopping the timer");
}

int main(int argc, char **argv)
{
    const uint64_t runs = argument_number(argc, argv, 0, 1000);
    const int timer = argument_has(argc, argv, "timer"), all = argument_has(argc, argv, "all");
    samples_init(&samples, runs);
    state.wanted = runs;
    state.ticks_in_us = clock_frequency() / 1000000;
    hyplet_choose(argc, argv);
    if (timer)
        use_timer();
    else
        use_alarm(runs, all);
    printf("isr_hyplet: %lu runs, %lu early\n", state.runs, state.early);
    if (all)
        printf("isr_hyplet: other interrupts ran it too: %s\n", state.others ? "yes" : "no");
    for (unsigned n = 0; argument_has(argc, argv, "time") && n < BUCKETS; n++)
        if (state.histogram[n])
            printf("  %2u us%s %lu\n", n, n == BUCKETS - 1 ? " and more" : "", state.histogram[n]);
    if (argument_has(argc, argv, "time"))
        samples_print(&samples, "isr_hyplet");
    return state.runs != runs || state.early;
}
