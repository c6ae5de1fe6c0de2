/* 96 x 96 matrix product in double precision; the sums are kept in order, so the result is exact to the bit. */
#include "kernel.h"

const char kernel_name[] = "matmul-double";
const unsigned kernel_iterations = 180;

#define N 96
static double a[N][N], b[N][N], c[N][N];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 42;
    for (unsigned i = 0; iterations && i < N * N; i++) {
        a[i / N][i % N] = (double)(int64_t)(next_random(&state) >> 44) / 1048576.0;
        b[i / N][i % N] = (double)(int64_t)(next_random(&state) >> 44) / 1048576.0 - 0.5;
    }
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned row = 0; row < N; row++)
            for (unsigned column = 0; column < N; column++) {
                double sum = 0;
                for (unsigned k = 0; k < N; k++)
                    sum += a[row][k] * b[k][column];
                c[row][column] = sum;
            }
        a[i % N][i / N % N] = c[i % N][N - 1] * 0.125;
        union {
            double value;
            uint64_t bits;
        } last = {c[N - 1][i % N]};
        checksum = mix(checksum, last.bits);
    }
    return checksum;
}
