/* The Mandelbrot set in double precision: short dependent chains of multiply and add, a compare a step. */
#include "kernel.h"

const char kernel_name[] = "mandelbrot";
const unsigned kernel_iterations = 36;

#define WIDTH 160
#define HEIGHT 120
#define DEPTH 200

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < iterations; i++)
        for (unsigned row = 0; row < HEIGHT; row++)
            for (unsigned column = 0; column < WIDTH; column++) {
                const double cr = -2.25 + 3.0 * column / WIDTH, ci = -1.125 + 2.25 * row / HEIGHT + i * 0.001;
                double r = 0, m = 0;
                unsigned depth = 0;
                while (depth < DEPTH && r * r + m * m < 4.0) {
                    const double next = r * r - m * m + cr;
                    m = 2 * r * m + ci;
                    r = next;
                    depth++;
                }
                checksum = mix(checksum, depth);
            }
    return checksum;
}
