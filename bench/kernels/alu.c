/* Integer arithmetic in registers: add, shift, rotate, multiply, bit fields, conditional select. */
#include "kernel.h"

const char kernel_name[] = "alu";
const unsigned kernel_iterations = 250;

uint64_t kernel(unsigned iterations)
{
    uint64_t a = 0x123456789abcdef, b = 0xfedcba987654321, c = 1;
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned n = 0; n < 1000000; n++) {
            a += b << 3 | b >> 61;
            b ^= a * 5 + n;
            c = (c ^ a) & 1 ? c + (b >> 7) : c - (a & 0xffff);
            a = (uint32_t)a > (uint32_t)c ? a - c : a + (c >> 11);
            b += (b >> 32 & 0xff) * 3;
        }
    }
    return iterations ? mix(mix(a, b), c) : 0;
}
