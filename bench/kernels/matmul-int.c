/* 96 x 96 matrix product of 64-bit integers, the textbook's three loops. */
#include "kernel.h"

const char kernel_name[] = "matmul-int";
const unsigned kernel_iterations = 230;

#define N 96
static uint64_t a[N][N], b[N][N], c[N][N];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 42;
    for (unsigned i = 0; iterations && i < N * N; i++) {
        a[i / N][i % N] = next_random(&state) >> 32;
        b[i / N][i % N] = next_random(&state) >> 32;
    }
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned row = 0; row < N; row++)
            for (unsigned column = 0; column < N; column++) {
                uint64_t sum = 0;
                for (unsigned k = 0; k < N; k++)
                    sum += a[row][k] * b[k][column];
                c[row][column] = sum;
            }
        a[i % N][i / N % N] ^= c[i % N][N - 1];
        checksum = mix(checksum, c[N - 1][i % N]);
    }
    return checksum;
}
