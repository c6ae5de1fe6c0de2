/*
 * inversion CROSSING ROUNDS lock|rpc [guarded]: priority inversion, and the same work without it. A low thread is in a critical section
 * when a device interrupts; a high thread waits for that and then wants in; a middle thread has long work to do. With a lock, the low
 * thread is preempted inside, and the high one waits for the middle one. As a HypRPC the section runs in EL2 to its end. The crossing
 * is from the device's wire to the high thread in the section. CROSSING + LAB_TIMELINE is a round, whose notes say who wants in, enters
 * and leaves. A thread's TPIDR_EL0 says which one it is.
 */
#include "latency.h"

#define STACK 8192
#define RPC_SECTION 0x21
#define FIRST_US 20 /* until the interrupt */
#define SPREAD_US 80
#define LOW_STEPS 40000 /* at most, of two instructions, from the interrupt to the section's end */
#define HIGH_STEPS 10000
#define MIDDLE_STEPS 500000

/* Priorities, and what the lab calls the threads by (src/lab/experiments/inversion.ts). */
enum who { LOW = 3, MIDDLE = 4, HIGH = 5 };
enum what { WANTS, ENTERS, LEAVES };

static uint64_t crossing, seed = 1;
static int by_rpc;
static int64_t the_lock, middle_may_start;
static volatile uint64_t deadline, interrupted, inside, early, entered[HIGH + 1], middle_done;
static uint64_t right;

static void work(uint64_t steps)
{
    asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(steps) : : "cc");
}

static void note(uint64_t who, enum what what)
{
    lab_note(crossing + LAB_TIMELINE, who << 8 | what);
}

/*
 * The same code for both: called by a thread that holds the lock, or as a hyplet. The low thread is inside when the interrupt comes,
 * however fast the machine is; with a lock, the high thread has it at once.
 */
static uint64_t section(uint64_t who, uint64_t steps, uint64_t c, uint64_t d)
{
    (void)c, (void)d;
    if (who == HIGH)
        lab_end(crossing);
    note(who, ENTERS);
    inside = who;
    if (who == LOW)
        while (by_rpc ? cycles() < deadline : !interrupted)
            ;
    entered[who] = entered[who] + 1;
    work(steps);
    inside = 0;
    note(who, LEAVES);
    return 0;
}

static void enter(uint64_t who, uint64_t steps)
{
    note(who, WANTS);
    if (by_rpc) {
        hyplet_rpc_call(RPC_SECTION, who, steps, 0, 0);
        return;
    }
    semaphore_wait(the_lock, FOREVER);
    section(who, steps, 0, 0);
    semaphore_post(the_lock);
}

static void is(uint64_t who)
{
    asm volatile("msr tpidr_el0, %0" : : "r"(who));
}

static void low(void *unused)
{
    (void)unused;
    const uint64_t us = clock_frequency() / 1000000;
    is(LOW);
    const struct alarm_setup setup = {.first = clock() + FIRST_US * us + alarm_random(&seed) % (SPREAD_US * us), .count = 1};
    interrupted = 0;
    deadline = setup.first;
    lab_arm(crossing, ALARM_INTID);
    alarm_start(&setup);
    enter(LOW, alarm_random(&seed) % LOW_STEPS);
}

static void middle(void *unused)
{
    (void)unused;
    is(MIDDLE);
    semaphore_wait(middle_may_start, FOREVER);
    work(MIDDLE_STEPS);
    middle_done = middle_done + 1;
}

static void high(void *unused)
{
    (void)unused;
    is(HIGH);
    irq_wait(ALARM_INTID, FOREVER);
    interrupted = 1;
    early = !by_rpc && inside != LOW;
    semaphore_post(middle_may_start);
    if (early)
        return;
    const uint64_t done = middle_done;
    enter(HIGH, HIGH_STEPS);
    right += middle_done == done + !by_rpc; /* with a lock, the middle one was through before; without, it hadn't begun */
}

static int64_t start(void (*function)(void *), void *stack, unsigned priority)
{
    return thread_create(function, 0, stack, STACK, priority);
}

int main(int argc, char **argv)
{
    crossing = argument_number(argc, argv, 0, 0);
    const uint64_t rounds = argument_number(argc, argv, 1, 20);
    by_rpc = argument_has(argc, argv, "rpc");
    the_lock = semaphore_open(1, 1);
    middle_may_start = semaphore_open(2, 0);
    void *stacks[3] = {map(STACK), map(STACK), map(STACK)};
    if (by_rpc) {
        hyplet_choose(argc, argv);
        hyplet_begin(section, -1);
        hyplet_check(hyplet_rpc_set(section, RPC_SECTION, -1), "serving the section");
    }
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the alarm");
    for (uint64_t n = 0; n < rounds; n += !early) { /* a slow machine's interrupt may come before the low thread is inside: once more */
        lab_begin(crossing + LAB_TIMELINE);
        const int64_t tids[] = {start(high, stacks[0], HIGH), start(middle, stacks[1], MIDDLE), start(low, stacks[2], LOW)};
        for (unsigned at = 0; at < 3; at++)
            hyplet_check(tids[at], "starting a thread"), thread_join(tids[at]);
        lab_end(crossing + LAB_TIMELINE);
    }
    lab_note(crossing, right);
    printf("inversion: crossing %lu: %lu of %lu rounds as expected; %lu times in the section\n", crossing, right, rounds, entered[HIGH]);
    return right != rounds || entered[LOW] < rounds || entered[HIGH] != rounds;
}
