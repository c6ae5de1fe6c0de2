/*
 * load SEED: always wants to run. Computes on its memory, a random while, and then asks the kernel for something, again and again: what
 * interrupts arrive in is the middle of a computation as often as the middle of a system call.
 */
#include "syscall.h"
#include "user.h"

#define WORDS 4096
#define LONGEST 400 /* steps between two system calls, of some 20 instructions each */
#define PART 16384
#define SEMAPHORES 0x6c6f616400000000 /* keys: one for each process */

static uint64_t *words;
static uint64_t x;

static void compute(uint64_t steps)
{
    for (uint64_t n = 0; n < steps; n++) {
        x = x * 6364136223846793005UL + 1442695040888963407UL;
        words[(x >> 33) % WORDS] += x;
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc ? number(argv[0]) : 1;
    const int64_t own = semaphore_open(SEMAPHORES + (uint64_t)getpid(), 0);
    words = map(WORDS * sizeof *words);
    if (!words || own < 0)
        return 1;
    for (;;) {
        compute(alarm_random(&seed) % LONGEST);
        void *part;
        switch (alarm_random(&seed) % 8) {
        case 0:
            part = map(PART);
            if (part)
                unmap(part, PART);
            break;
        case 1:
        case 2:
            yield();
            break;
        case 3:
        case 4:
        case 5:
            semaphore_post(own);
            semaphore_wait(own, FOREVER);
            break;
        default:
            x ^= (uint64_t)getpid();
        }
    }
}
