/*
 * inversion: priority inversion, as every text book has it. A low thread holds a lock that a high thread wants; a middle thread that
 * needs no lock keeps the low one from running, and so the high one too.
 */
#include "user.h"

#define STACK 4096
#define LOW 3
#define MIDDLE 4
#define HIGH 5
#define WORK_US 3000

enum what { LOW_LOCKS, HIGH_WANTS, MIDDLE_STARTS, MIDDLE_ENDS, LOW_UNLOCKS, HIGH_LOCKS, EVENTS };

static const char *const names[EVENTS] = {
    "low takes the lock", "high wants the lock", "middle starts its work", "middle ends its work", "low gives the lock back", "high has the lock",
};

static int64_t the_lock, high_may_start, middle_may_start;
static enum what timeline[EVENTS];
static uint64_t times[EVENTS];
static volatile unsigned happened;

static void note(enum what what)
{
    times[happened] = clock();
    timeline[happened++] = what;
}

static void work(uint64_t us)
{
    for (const uint64_t until = after_us(us); clock() < until;)
        ;
}

static void low(void *unused)
{
    (void)unused;
    semaphore_wait(the_lock, FOREVER);
    note(LOW_LOCKS);
    semaphore_post(high_may_start); /* preempts us at once, until it waits for the lock */
    semaphore_post(middle_may_start);
    note(LOW_UNLOCKS);
    semaphore_post(the_lock);
}

static void middle(void *unused)
{
    (void)unused;
    semaphore_wait(middle_may_start, FOREVER);
    note(MIDDLE_STARTS);
    work(WORK_US);
    note(MIDDLE_ENDS);
}

static void high(void *unused)
{
    (void)unused;
    semaphore_wait(high_may_start, FOREVER);
    note(HIGH_WANTS);
    semaphore_wait(the_lock, FOREVER);
    note(HIGH_LOCKS);
    semaphore_post(the_lock);
}

static int64_t start(void (*function)(void *), unsigned priority)
{
    void *stack = map(STACK);
    return stack ? thread_create(function, 0, stack, STACK, priority) : ERROR_NO_MEMORY;
}

int main(int argc, char **argv)
{
    the_lock = semaphore_open(1, 1);
    high_may_start = semaphore_open(2, 0);
    middle_may_start = semaphore_open(3, 0);
    const int64_t tids[] = {start(high, HIGH), start(middle, MIDDLE), start(low, LOW)};
    for (unsigned n = 0; n < 3; n++)
        thread_join(tids[n]);
    for (unsigned n = 0; n < happened; n++)
        printf("inversion: %u %s\n", n, names[timeline[n]]);
    uint64_t wanted = 0, got = 0;
    for (unsigned n = 0; n < happened; n++) {
        wanted = timeline[n] == HIGH_WANTS ? times[n] : wanted;
        got = timeline[n] == HIGH_LOCKS ? times[n] : got;
    }
    const uint64_t waited_us = (got - wanted) * 1000000 / clock_frequency();
    printf("inversion: high waits for as long as middle works: %s\n", waited_us >= WORK_US ? "yes" : "no");
    if (argc && !strcmp(argv[0], "time"))
        printf("inversion: %lu us\n", waited_us);
    return 0;
}
