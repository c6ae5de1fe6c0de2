/* busy: always wants to run. Walks memory, computes, and asks the kernel for something now and then. */
#include "user.h"

#define WORDS 8192

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    uint64_t *words = map(WORDS * sizeof *words);
    uint64_t x = (uint64_t)getpid();
    for (uint64_t round = 0;; round++) {
        for (unsigned n = 0; n < WORDS; n++) {
            x = x * 6364136223846793005UL + 1442695040888963407UL;
            words[(x >> 33) % WORDS] += x;
        }
        if (round % 4 == 0)
            x ^= (uint64_t)getpid();
    }
}
