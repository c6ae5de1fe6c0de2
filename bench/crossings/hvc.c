/* EL1 to EL2 by HVC, and back. */
#include "crossing.h"

const char kernel_name[] = "hvc";
const unsigned kernel_iterations = 10000000;

VECTORS("el2_vectors", LOWER_LEVEL_SYNCHRONOUS,
        "add x0, x0, #1\n"
        "eret\n");

uint64_t kernel(unsigned iterations)
{
    register uint64_t x0 asm("x0") = 0;
    for (unsigned i = 0; i < iterations; i++)
        asm volatile("hvc #0" : "+r"(x0));
    return x0;
}
