/* What each kernel gives: one file, one program. The checksum depends on everything the kernel computes. */
#ifndef KERNEL_H
#define KERNEL_H
#include <stdint.h>

extern const char kernel_name[];
/* As many as take about a second and a half on qemu-system-aarch64 7.2 on one x86-64 core of 2023. */
extern const unsigned kernel_iterations;

/* With 0 iterations there is nothing but start-up: what the benchmark subtracts. */
uint64_t kernel(unsigned iterations);

/* xorshift64: the same numbers everywhere. `state` is never 0. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* Order-dependent. */
static inline uint64_t mix(uint64_t checksum, uint64_t value)
{
    return (checksum ^ value) * 0x9e3779b97f4a7c15UL + (checksum >> 29);
}

#endif
