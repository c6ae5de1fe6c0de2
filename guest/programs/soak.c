/*
 * soak [ROUNDS]: processes come and go, by their own will and by kill, while they sleep, wait for semaphores, messages and
 * interrupts, with threads and memory. Nothing stays behind.
 */
#include "samples.h"
#include "user.h"

#define STACK 4096
#define LIFE_US 300

struct figures {
    int64_t pages, processes, threads, semaphores, irqs;
};

static struct figures now(void)
{
    return (struct figures){info(INFO_FREE_PAGES), info(INFO_PROCESSES), info(INFO_THREADS), info(INFO_SEMAPHORES), info(INFO_IRQS)};
}

static void sleeper(void *unused)
{
    (void)unused;
    sleep_until(FOREVER - 1);
}

static void spinner(void *unused)
{
    (void)unused;
    for (;;)
        yield();
}

/* What a child does until it is killed, or ends. */
static int live(const char *how)
{
    char buffer[16];
    int64_t caller;
    memset(map(5 * 4096), 1, 5 * 4096);
    thread_create(sleeper, 0, map(STACK), STACK, PRIORITY_DEFAULT);
    if (!strcmp(how, "spin"))
        thread_create(spinner, 0, map(STACK), STACK, PRIORITY_DEFAULT);
    if (!strcmp(how, "semaphore"))
        semaphore_wait(semaphore_open(77, 0), FOREVER);
    if (!strcmp(how, "receive"))
        ipc_receive(buffer, sizeof buffer, FOREVER, &caller);
    if (!strcmp(how, "call"))
        ipc_call(1, buffer, sizeof buffer, buffer, sizeof buffer);
    if (!strcmp(how, "event"))
        event_wait(1, FOREVER);
    if (!strcmp(how, "interrupt")) {
        const struct alarm_setup setup = {.first = clock() + 1000, .interval = 1000, .spread = 3000, .count = ~0UL, .seed = clock()};
        irq_open(ALARM_INTID, IRQ_EDGE);
        alarm_start(&setup);
        for (;;)
            irq_wait(ALARM_INTID, FOREVER);
    }
    if (!strcmp(how, "fault"))
        *(volatile int *)0 = 0;
    if (!strcmp(how, "move"))
        set_affinity((unsigned)info(INFO_PES) - 1);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const ways[] = {"spin", "semaphore", "receive", "call", "event", "interrupt", "end", "move"};
    const unsigned count = sizeof ways / sizeof ways[0];
    if (argument_has(argc, argv, "child"))
        return live(argv[1]);
    const uint64_t rounds = argument_number(argc, argv, 0, 100);
    const struct figures before = now();
    uint64_t ended = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        int64_t pids[sizeof ways / sizeof ways[0]];
        for (unsigned n = 0; n < count; n++) {
            char argument[32] = "child ";
            unsigned used = 6;
            for (const char *p = ways[(n + round) % count]; *p; p++)
                argument[used++] = *p;
            argument[used] = 0;
            pids[n] = spawn("soak", argument);
        }
        sleep_until(after_us(LIFE_US + round * 37 % 200));
        for (unsigned n = 0; n < count; n++) {
            kill(pids[n]);
            const int64_t status = wait(pids[n]);
            ended += status == STATUS_KILLED || status == 0;
        }
    }
    const struct figures after = now();
    printf("soak: %lu of %lu processes ended\n", ended, rounds * count);
    printf("soak: left behind: pages %ld, processes %ld, threads %ld, semaphores %ld, interrupts %ld\n", before.pages - after.pages,
           after.processes - before.processes, after.threads - before.threads, after.semaphores - before.semaphores, after.irqs - before.irqs);
    return before.pages != after.pages;
}
