/*
 * hyplet_soak [INTERRUPTS] [EACH] [guarded] [count]: hyplets come and go on every PE while their interrupts come in, EACH (50) for each
 * of them, until there were INTERRUPTS (4000): from their own timers and from the alarm, by both paths, with HypRPC in between. All
 * processes leave with more on the way. After that nothing of them may be left, neither in the nanovisor nor in the kernel. `count`
 * prints how many interrupts there were.
 */
#include "libhyplet.h"
#include "samples.h"

#define RPC_BASE 0x100
#define TIMER_NS 20000
#define ALARM_US 500 /* it makes up for what it missed, so it must not ask too much */
#define CALLS 10
#define FAILED (-1)
#define IN_EACH 2 /* processes at once on each PE */
#define MAX_CHILDREN 32

static volatile uint64_t runs, calls;
static uint64_t wanted;

static uint64_t on_interrupt(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    return ++runs >= wanted;
}

static uint64_t on_call(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    calls++;
    return a;
}

static void start_alarm(void)
{
    const struct alarm_setup setup = {.first = clock(), .interval = ALARM_US * clock_frequency() / 1000000, .count = ~0UL};
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the interrupt");
    hyplet_check(alarm_start(&setup), "starting the alarm");
}

/* One process: some interrupts, some calls, and out with more of them on the way. Its status is how many there were. */
static int child(int argc, char **argv)
{
    wanted = argument_number(argc, argv, 1, 50);
    set_affinity((unsigned)number(argv[0]));
    hyplet_choose(argc, argv);
    hyplet_begin(on_interrupt, -1);
    const int id = RPC_BASE + (int)getpid();
    hyplet_check(hyplet_rpc_set(on_call, id, -1), "serving");
    if (argument_has(argc, argv, "alarm"))
        start_alarm();
    else
        hyplet_check(hyplet_set_timer(TIMER_NS, TIMER_NS, -1), "starting the timer");
    for (unsigned n = 0; n < CALLS; n++)
        if (hyplet_rpc_call(id, n, 0, 0, 0) != n)
            return FAILED;
    while (runs < wanted)
        hyp_wait(-1, 100);
    return calls == CALLS ? (int)runs : FAILED;
}

static char *put_text(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

static char *put_number(char *to, uint64_t value)
{
    char digits[21] = {0};
    unsigned n = sizeof digits - 1;
    do
        digits[--n] = (char)('0' + value % 10);
    while (value /= 10);
    return put_text(to, &digits[n]);
}

static int64_t start(unsigned pe, uint64_t interrupts, int guarded, int with_alarm, int hook)
{
    char argument[64];
    char *at = put_text(put_number(put_text(put_number(argument, pe), " "), interrupts), guarded ? " guarded child" : " classic child");
    at = put_text(at, with_alarm ? " alarm" : "");
    put_text(at, hook ? " hook" : "");
    return spawn("hyplet_soak", argument);
}

struct amounts {
    int64_t pages, owners, bindings, kernel_pages, processes, threads, semaphores, irqs;
};

static struct amounts measure(void)
{
    return (struct amounts){hyplet_resources(0),   hyplet_resources(1), hyplet_resources(2),   info(INFO_FREE_PAGES),
                            info(INFO_PROCESSES), info(INFO_THREADS),  info(INFO_SEMAPHORES), info(INFO_IRQS)};
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "child"))
        return child(argc, argv);
    const uint64_t interrupts = argument_number(argc, argv, 0, 4000), each = argument_number(argc, argv, 1, 50);
    const unsigned pes = (unsigned)info(INFO_PES), count = pes * IN_EACH;
    const int guarded = argument_has(argc, argv, "guarded");
    const struct amounts before = measure();
    uint64_t failed = 0, total = 0;
    for (unsigned round = 0; total < interrupts && !failed; round++) {
        int64_t children[MAX_CHILDREN];
        for (unsigned n = 0; n < count; n++) /* the alarm has one owner, on each PE in turn */
            children[n] = start(n % pes, each, guarded, n == round % pes, (round / pes) % 2);
        for (unsigned n = 0; n < count; n++) {
            const int64_t status = wait(children[n]);
            if (status < (int64_t)each)
                failed++;
            else
                total += (uint64_t)status;
        }
    }
    const struct amounts after = measure();
    printf("hyplet_soak: %lu processes failed; %lu interrupts or more: %s\n", failed, interrupts, total >= interrupts ? "yes" : "no");
    printf("hyplet_soak: left in the nanovisor: %ld pages, %ld owners, %ld bindings\n", before.pages - after.pages,
           after.owners - before.owners, after.bindings - before.bindings);
    printf("hyplet_soak: left in the kernel: %ld pages, %ld processes, %ld threads, %ld semaphores, %ld interrupts\n",
           before.kernel_pages - after.kernel_pages, after.processes - before.processes, after.threads - before.threads,
           after.semaphores - before.semaphores, after.irqs - before.irqs);
    if (argument_has(argc, argv, "count"))
        printf("hyplet_soak: %lu interrupts\n", total);
    return failed || total < interrupts;
}
