/* Advanced SIMD integers: widening multiplies, saturating adds, table look-up, compares and reductions over pixels. */
#include "kernel.h"
#include <arm_neon.h>

const char kernel_name[] = "neon-int";
const unsigned kernel_iterations = 2400;

#define SIZE 65536
static uint8_t pixels[SIZE], mask[SIZE], result[SIZE];

uint64_t kernel(unsigned iterations)
{
    static const uint8_t weights[16] = {3, 14, 15, 9, 26, 53, 58, 97, 93, 23, 84, 62, 64, 33, 83, 27};
    static const uint8_t shuffle[16] = {15, 3, 8, 1, 0, 12, 7, 4, 11, 2, 9, 6, 13, 10, 5, 14};
    uint64_t checksum = 0, state = 23;
    for (unsigned n = 0; iterations && n < SIZE; n++) {
        pixels[n] = (uint8_t)(next_random(&state) >> 50);
        mask[n] = (uint8_t)(next_random(&state) >> 50);
    }
    const uint8x16_t weight = vld1q_u8(weights), order = vld1q_u8(shuffle);
    for (unsigned i = 0; i < iterations; i++) {
        uint32x4_t total = vdupq_n_u32(i);
        for (unsigned n = 0; n < SIZE; n += 16) {
            const uint8x16_t p = vld1q_u8(pixels + n), m = vld1q_u8(mask + n);
            const uint16x8_t low = vmlal_u8(vmull_u8(vget_low_u8(p), vget_low_u8(weight)), vget_low_u8(m), vget_high_u8(weight));
            const uint16x8_t high = vmlal_u8(vmull_u8(vget_high_u8(p), vget_high_u8(weight)), vget_high_u8(m), vget_low_u8(weight));
            const uint8x16_t blend = vcombine_u8(vqrshrn_n_u16(low, 7), vqrshrn_n_u16(high, 7));
            const uint8x16_t mixed = veorq_u8(vqtbl1q_u8(blend, order), vqaddq_u8(p, m));
            const uint8x16_t chosen = vbslq_u8(vcgtq_u8(p, m), mixed, vabdq_u8(p, blend));
            vst1q_u8(result + n, chosen);
            total = vpadalq_u16(total, vpaddlq_u8(chosen));
        }
        pixels[i % SIZE] ^= result[(i * 7) % SIZE];
        checksum = mix(checksum, vaddvq_u32(total));
    }
    return checksum;
}
