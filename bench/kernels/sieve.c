/* Sieve of Eratosthenes over one byte per number: strided stores, then a counting pass. */
#include "kernel.h"

const char kernel_name[] = "sieve";
const unsigned kernel_iterations = 150;

#define LIMIT 1000000u
static uint8_t composite[LIMIT + 1];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned n = 0; n <= LIMIT; n++)
            composite[n] = 0;
        for (unsigned p = 2; p * p <= LIMIT; p++)
            if (!composite[p])
                for (unsigned n = p * p; n <= LIMIT; n += p)
                    composite[n] = 1;
        unsigned primes = 0;
        for (unsigned n = 2; n <= LIMIT; n++)
            primes += !composite[n];
        checksum = mix(checksum, primes);
    }
    return checksum;
}
