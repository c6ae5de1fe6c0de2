/* crossings [ROUNDS] time: what a system call costs, and a switch to another process, with and without FP registers. */
#include "samples.h"
#include "user.h"

static uint64_t rounds;

static void system_calls(void)
{
    struct samples samples;
    samples_init(&samples, rounds);
    for (uint64_t n = 0; n < rounds; n++) {
        const uint64_t start = clock();
        getpid();
        samples_add(&samples, clock() - start);
    }
    samples_print(&samples, "crossings: system call");
}

/* Each yield is two switches: to the partner and back. */
static void switches(const char *partner, const char *what, int fp)
{
    struct samples samples;
    samples_init(&samples, rounds);
    const int64_t pid = spawn("crossings", partner);
    yield();
    for (uint64_t n = 0; n < rounds; n++) {
        if (fp)
            asm volatile("fmov d0, #1.0" : : : "d0");
        const uint64_t start = clock();
        yield();
        if (fp)
            asm volatile("fmov d0, #1.0" : : : "d0");
        samples_add(&samples, clock() - start);
    }
    kill(pid);
    wait(pid);
    samples_print(&samples, what);
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "partner"))
        for (;;)
            yield();
    if (argument_has(argc, argv, "fp-partner"))
        for (;;) {
            asm volatile("fmov d0, #2.0" : : : "d0");
            yield();
        }
    rounds = argument_number(argc, argv, 0, 1000);
    if (!argument_has(argc, argv, "time")) {
        printf("crossings: nothing but times to say; ask for them with `time`\n");
        return 0;
    }
    system_calls();
    switches("partner", "crossings: two switches", 0);
    switches("fp-partner", "crossings: two switches with FP registers", 1);
    return 0;
}
