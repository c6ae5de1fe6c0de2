/* smp: a thread on each PE; they count together, and wake one another up across PEs. */
#include "user.h"

#define STACK 4096
#define MAX 8
#define ADDS 1000
#define LAPS 100

static int64_t turn[MAX];
static uint64_t total, laps;
static unsigned pes, placed[MAX];

static void runner(void *number)
{
    const unsigned me = (unsigned)(uint64_t)number;
    placed[me] = set_affinity(me) == 0;
    for (unsigned n = 0; n < ADDS; n++)
        __atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
    for (unsigned n = 0; n < LAPS; n++) { /* a token goes round */
        semaphore_wait(turn[me], FOREVER);
        laps++;
        semaphore_post(turn[(me + 1) % pes]);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    int64_t tids[MAX];
    pes = (unsigned)info(INFO_PES);
    for (unsigned n = 0; n < pes; n++)
        turn[n] = semaphore_open(100 + n, n == 0);
    unsigned right = 0;
    for (unsigned n = 0; n < pes; n++) {
        void *stack = map(STACK);
        tids[n] = thread_create(runner, (void *)(uint64_t)n, stack, STACK, PRIORITY_DEFAULT);
    }
    for (unsigned n = 0; n < pes; n++)
        thread_join(tids[n]);
    for (unsigned n = 0; n < pes; n++)
        right += placed[n];
    printf("smp: %u PEs, %u threads placed, counted %lu, the token went %lu steps\n", pes, right, total, laps);
    printf("smp: a PE that isn't there: %ld\n", set_affinity(MAX));
    return 0;
}
