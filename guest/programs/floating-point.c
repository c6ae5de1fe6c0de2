/* floating-point: processes whose values stay in FP registers while they take turns; no one's registers become another's. */
#include "user.h"

#define PROCESSES 4
#define ROUNDS 2000

/* A logistic map: chaotic, so that a wrong bit anywhere spreads. */
static uint64_t iterate(uint64_t seed, int turns)
{
    double x = (double)(seed + 1) / 10.0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        x = 3.9 * x * (1.0 - x);
        if (turns)
            yield();
    }
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

int main(int argc, char **argv)
{
    if (argc) {
        const uint64_t seed = number(argv[0]);
        return iterate(seed, 1) == iterate(seed, 0) ? (int)seed : 100;
    }
    static const char *const seeds[PROCESSES] = {"0", "1", "2", "3"};
    int64_t pids[PROCESSES];
    unsigned right = 0;
    for (unsigned n = 0; n < PROCESSES; n++)
        pids[n] = spawn("floating-point", seeds[n]);
    for (unsigned n = 0; n < PROCESSES; n++)
        right += wait(pids[n]) == n;
    printf("floating-point: %u of %u processes computed right; x after seed 0 is %016lx\n", right, PROCESSES, iterate(0, 0));
    return right != PROCESSES;
}
