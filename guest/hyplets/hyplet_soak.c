/*
 * hyplet_soak [ROUNDS] [INTERRUPTS] [guarded]: hyplets come and go on every PE while their interrupts come in: timers, the alarm,
 * HypRPC. After all rounds nothing of them may be left.
 */
#include "libhyplet.h"
#include "samples.h"

#define RPC_BASE 0x100
#define PERIOD_NS 20000

static volatile uint64_t runs, calls;
static uint64_t wanted;

static uint64_t on_interrupt(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    return ++runs == wanted;
}

static uint64_t on_call(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    calls++;
    return a;
}

/* One process: some interrupts, some calls, and out, with the timer still running. */
static int child(int argc, char **argv)
{
    const unsigned pe = (unsigned)number(argv[0]);
    wanted = argument_number(argc, argv, 1, 50);
    set_affinity(pe);
    hyplet_choose(argc, argv);
    hyplet_begin(on_interrupt, -1);
    const int id = RPC_BASE + (int)getpid();
    hyplet_check(hyplet_rpc_set(on_call, id, -1), "serving");
    hyplet_check(hyplet_set_timer(PERIOD_NS, PERIOD_NS, -1), "starting the timer");
    for (unsigned n = 0; n < 10; n++)
        if (hyplet_rpc_call(id, n, 0, 0, 0) != n)
            return 1;
    while (runs < wanted)
        hyp_wait(-1, 100);
    return calls != 10;
}

static int64_t start(unsigned pe, uint64_t interrupts, int guarded)
{
    char argument[64];
    unsigned used = 0;
    argument[used++] = (char)('0' + pe);
    argument[used++] = ' ';
    char digits[20];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + interrupts % 10);
    while (interrupts /= 10);
    while (n)
        argument[used++] = digits[--n];
    for (const char *p = guarded ? " guarded child" : " classic child"; *p; p++)
        argument[used++] = *p;
    argument[used] = 0;
    return spawn("hyplet_soak", argument);
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "child"))
        return child(argc, argv);
    const uint64_t rounds = argument_number(argc, argv, 0, 20), interrupts = argument_number(argc, argv, 1, 50);
    const unsigned pes = (unsigned)info(INFO_PES);
    const int64_t before[] = {hyplet_resources(0), hyplet_resources(1), hyplet_resources(2)};
    uint64_t well = 0;
    for (uint64_t n = 0; n < rounds; n++) {
        int64_t children[16];
        unsigned count = 0;
        for (unsigned pe = 0; pe < pes; pe++)
            for (unsigned twice = 0; twice < 2; twice++)
                children[count++] = start(pe, interrupts, argument_has(argc, argv, "guarded"));
        for (unsigned c = 0; c < count; c++)
            well += wait(children[c]) == 0;
    }
    printf("hyplet_soak: %lu of %lu processes ended well, after %lu interrupts at least\n", well, rounds * pes * 2,
           rounds * pes * 2 * interrupts);
    printf("hyplet_soak: left behind: %ld pages, %ld owners, %ld bindings\n", before[0] - hyplet_resources(0),
           hyplet_resources(1) - before[1], hyplet_resources(2) - before[2]);
    return well != rounds * pes * 2;
}
