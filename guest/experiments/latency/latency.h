/* Numbers of crossings, as in src/lab/experiments/interrupts.ts. Each is given to a program as its first word. */
#ifndef LATENCY_H
#define LATENCY_H
#include "lab.h"
#include "libhyplet.h"
#include "samples.h"
#include "user.h"

#define MAX_BUSY 16

/* The crossing to the kernel's handler, beside the one to the user's. */
#define KERNELS(crossing) ((crossing) + 1)

struct busy {
    int64_t pids[MAX_BUSY];
    uint64_t count;
};

/* As many processes that always want to run (load.c) as the program's words say after "busy"; each has its own random numbers. */
static inline void busy_start(struct busy *busy, int argc, char **argv)
{
    busy->count = 0;
    for (int n = 0; n < argc; n++)
        if (!strcmp(argv[n], "busy"))
            busy->count = argument_number(argc, argv, n + 1, 8);
    if (busy->count > MAX_BUSY)
        busy->count = MAX_BUSY;
    for (uint64_t n = 0; n < busy->count; n++) {
        const char seed[] = {(char)('0' + n / 10), (char)('0' + n % 10), 0};
        busy->pids[n] = spawn("load", seed);
    }
}

/* How many were there to be ended. */
static inline uint64_t busy_stop(const struct busy *busy)
{
    uint64_t ended = 0;
    for (uint64_t n = 0; n < busy->count; n++) {
        kill(busy->pids[n]);
        ended += wait(busy->pids[n]) == STATUS_KILLED;
    }
    return ended;
}

#endif
