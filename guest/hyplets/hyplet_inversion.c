/*
 * hyplet_inversion [guarded] [time]: priority inversion, and the same work without it. A low thread is in a critical section when a
 * device interrupts; a high thread waits for that and then wants in; a middle thread has long work to do. With a lock, the low thread
 * is preempted inside, and the high one waits for the middle one. As HypRPC, the section runs in EL2 to its end, and nobody waits.
 */
#include "libhyplet.h"
#include "samples.h"

#define STACK 8192
#define LOW 3
#define MIDDLE 4
#define HIGH 5
#define SECTION_US 2000 /* at least: until the interrupt has come */
#define INTERRUPT_US 1000 /* after the section began */
#define ATTEMPTS 100
#define MIDDLE_US 20000
#define RPC_SECTION 0x21

enum what { LOW_ENTERS, LOW_LEAVES, HIGH_WANTS, HIGH_ENTERS, HIGH_LEAVES, MIDDLE_STARTS, MIDDLE_ENDS, EVENTS };

static const char *const names[EVENTS] = {
    "low enters the section", "low leaves the section", "high wants in",       "high enters the section",
    "high leaves the section", "middle starts its work", "middle ends its work",
};

/* Written by the threads and by the hyplet, on one PE. */
static volatile unsigned happened;
static enum what timeline[EVENTS];
static uint64_t times[EVENTS];

static int by_rpc;
static uint64_t interrupt_at;
static volatile int high_came;
static int64_t the_lock, middle_may_start;

static void note(enum what what)
{
    times[happened] = clock();
    timeline[happened] = what;
    happened = happened + 1;
}

static void work(uint64_t us)
{
    for (const uint64_t until = after_us(us); clock() < until;)
        ;
}

/* The same code for both: called by a thread that holds the lock, or as a hyplet. */
static uint64_t section(uint64_t enters, uint64_t leaves, uint64_t us, uint64_t d)
{
    (void)d;
    note((enum what)enters);
    work(us);
    while (us && (by_rpc ? clock() < interrupt_at : !high_came))
        ;
    note((enum what)leaves);
    return 0;
}

static void enter(enum what enters, enum what leaves, uint64_t us)
{
    if (by_rpc) {
        hyplet_rpc_call(RPC_SECTION, enters, leaves, us, 0);
        return;
    }
    semaphore_wait(the_lock, FOREVER);
    section(enters, leaves, us, 0);
    semaphore_post(the_lock);
}

static void low(void *unused)
{
    (void)unused;
    const struct alarm_setup setup = {.first = after_us(INTERRUPT_US), .count = 1};
    interrupt_at = setup.first;
    alarm_start(&setup);
    enter(LOW_ENTERS, LOW_LEAVES, SECTION_US);
}

static void middle(void *unused)
{
    (void)unused;
    semaphore_wait(middle_may_start, FOREVER);
    note(MIDDLE_STARTS);
    work(MIDDLE_US);
    note(MIDDLE_ENDS);
}

static void high(void *unused)
{
    (void)unused;
    irq_wait(ALARM_INTID, FOREVER);
    note(HIGH_WANTS);
    high_came = 1;
    semaphore_post(middle_may_start);
    enter(HIGH_ENTERS, HIGH_LEAVES, 0);
}

static int64_t start(void (*function)(void *), unsigned priority)
{
    void *stack = map(STACK);
    return stack ? thread_create(function, 0, stack, STACK, priority) : ERROR_NO_MEMORY;
}

static uint64_t time_of(enum what what)
{
    for (unsigned n = 0; n < happened; n++)
        if (timeline[n] == what)
            return times[n];
    return 0;
}

/* What is shown begins with the low thread inside. A machine that was away for so long that the interrupt came before tries again. */
static void play(void)
{
    for (unsigned n = 0; n < ATTEMPTS && (!happened || timeline[0] != LOW_ENTERS); n++) {
        happened = 0;
        high_came = 0;
        const int64_t tids[] = {start(high, HIGH), start(middle, MIDDLE), start(low, LOW)};
        for (unsigned t = 0; t < 3; t++)
            thread_join(tids[t]);
    }
}

static int show(const char *title, int time)
{
    happened = 0;
    play();
    printf("%s\n", title);
    for (unsigned n = 0; n < happened; n++) {
        printf("  %u %s", n, names[timeline[n]]);
        if (time)
            printf(" at %lu us", (times[n] - times[0]) * 1000000 / clock_frequency());
        printf("\n");
    }
    const uint64_t waited = (time_of(HIGH_ENTERS) - time_of(HIGH_WANTS)) * 1000000 / clock_frequency();
    const int inverted = time_of(HIGH_ENTERS) > time_of(MIDDLE_ENDS);
    printf("  high waits for middle: %s\n", inverted ? "yes" : "no");
    if (time)
        printf("  high waits %lu us\n", waited);
    return inverted;
}

int main(int argc, char **argv)
{
    const int time = argument_has(argc, argv, "time");
    the_lock = semaphore_open(1, 1);
    middle_may_start = semaphore_open(3, 0);
    hyplet_choose(argc, argv);
    hyplet_begin(section, -1);
    hyplet_check(hyplet_rpc_set(section, RPC_SECTION, -1), "serving the section");
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    const int with_lock = show("with a lock:", time);
    by_rpc = 1;
    const int with_rpc = show("as HypRPC:", time);
    return !with_lock || with_rpc;
}
