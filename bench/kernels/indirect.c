/* Calls through a table of function pointers in an order that only data knows. */
#include "kernel.h"

const char kernel_name[] = "indirect";
const unsigned kernel_iterations = 170;

typedef uint64_t operation(uint64_t a, uint64_t b);

static uint64_t add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t subtract(uint64_t a, uint64_t b) { return a - b; }
static uint64_t exclusive_or(uint64_t a, uint64_t b) { return a ^ b; }
static uint64_t multiply(uint64_t a, uint64_t b) { return a * (b | 1); }
static uint64_t rotate(uint64_t a, uint64_t b) { return a << (b & 31) | a >> (63 - (b & 31)); }
static uint64_t choose(uint64_t a, uint64_t b) { return a > b ? a : b + 1; }
static uint64_t reverse(uint64_t a, uint64_t b) { return __builtin_bswap64(a) + b; }
static uint64_t count(uint64_t a, uint64_t b) { return a + (uint64_t)__builtin_clzll(b | 1); }

static operation *volatile operations[8] = {add, subtract, exclusive_or, multiply, rotate, choose, reverse, count};

uint64_t kernel(unsigned iterations)
{
    uint64_t value = 1, state = 11;
    for (unsigned i = 0; i < iterations; i++)
        for (unsigned n = 0; n < 300000; n++) {
            const uint64_t r = next_random(&state);
            value = operations[r >> 61](value, r);
        }
    return iterations ? value : 0;
}
