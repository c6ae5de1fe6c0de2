/* Fibonacci numbers by the definition: calls and returns. */
#include "kernel.h"

const char kernel_name[] = "recursion";
const unsigned kernel_iterations = 85;

static uint64_t __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < iterations; i++)
        checksum = mix(checksum, fibonacci(26 + i % 4));
    return checksum;
}
