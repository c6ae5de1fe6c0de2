/* threads: they share memory; priorities decide who runs, in which order they wait for a semaphore; join, and a timeout. */
#include "user.h"

#define STACK 4096
#define ADDS 2000

static int64_t gate, guard;
static volatile uint64_t sum;
static char order[8];
static volatile unsigned arrived;

static void *new_stack(void)
{
    void *stack = map(STACK);
    if (!stack)
        exit(1);
    return stack;
}

static void wait_at_gate(void *name)
{
    semaphore_wait(gate, FOREVER);
    order[arrived++] = (char)(uint64_t)name;
}

static void add(void *unused)
{
    (void)unused;
    for (unsigned n = 0; n < ADDS; n++) {
        semaphore_wait(guard, FOREVER);
        const uint64_t old = sum;
        if (n % 16 == 0)
            yield();
        sum = old + 1;
        semaphore_post(guard);
    }
}

static void order_by_priority(void)
{
    static const unsigned priorities[] = {2, 4, 3};
    int64_t tids[3];
    gate = semaphore_open(0x67617465, 0);
    for (unsigned n = 0; n < 3; n++)
        tids[n] = thread_create(wait_at_gate, (void *)(uint64_t)('a' + n), new_stack(), STACK, priorities[n]);
    sleep_until(after_us(2000)); /* all three run now, and wait */
    for (unsigned n = 0; n < 3; n++)
        semaphore_post(gate);
    for (unsigned n = 0; n < 3; n++)
        thread_join(tids[n]);
    printf("threads: a, b, c of priority 2, 4, 3 pass in the order %s\n", order);
}

static void exclude_each_other(void)
{
    int64_t tids[4];
    guard = semaphore_open(0x67756172, 1);
    for (unsigned n = 0; n < 4; n++)
        tids[n] = thread_create(add, 0, new_stack(), STACK, PRIORITY_DEFAULT);
    for (unsigned n = 0; n < 4; n++)
        thread_join(tids[n]);
    printf("threads: 4 times %u additions make %lu\n", ADDS, sum);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    order_by_priority();
    exclude_each_other();
    const uint64_t until = after_us(1000);
    printf("threads: a semaphore that nobody posts: %ld", semaphore_wait(gate, until));
    printf(", %s\n", clock() >= until ? "in time" : "early");
    printf("threads: priority was %ld, then %ld\n", set_priority(0, 3), set_priority(0, PRIORITY_DEFAULT));
    printf("threads: priority 32 is refused: %ld\n", set_priority(0, 32));
    return 0;
}
