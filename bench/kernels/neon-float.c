/* Advanced SIMD single precision: fused multiply-add, minimum and maximum, conversion, reciprocal by Newton's steps. */
#include "kernel.h"
#include <arm_neon.h>

const char kernel_name[] = "neon-float";
const unsigned kernel_iterations = 700;

#define SIZE 16384
static float x[SIZE], y[SIZE];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 29;
    for (unsigned n = 0; iterations && n < SIZE; n++) {
        x[n] = (float)(int32_t)(next_random(&state) >> 40) / 4194304.0f - 1.5f;
        y[n] = (float)(int32_t)(next_random(&state) >> 40) / 8388608.0f + 0.5f;
    }
    for (unsigned i = 0; i < iterations; i++) {
        int32x4_t total = vdupq_n_s32((int32_t)i);
        const float32x4_t scale = vdupq_n_f32(0.75f + (float)(i % 8) / 16.0f);
        for (unsigned n = 0; n < SIZE; n += 4) {
            const float32x4_t a = vld1q_f32(x + n), b = vld1q_f32(y + n);
            float32x4_t reciprocal = vrecpeq_f32(b);
            reciprocal = vmulq_f32(reciprocal, vrecpsq_f32(b, reciprocal));
            const float32x4_t polynomial = vfmaq_f32(vfmaq_f32(vdupq_n_f32(0.25f), a, scale), vmulq_f32(a, a), reciprocal);
            const float32x4_t limited = vminq_f32(vmaxq_f32(polynomial, vdupq_n_f32(-2.0f)), vdupq_n_f32(2.0f));
            vst1q_f32(x + n, vsubq_f32(limited, vmulq_f32(scale, vrndnq_f32(limited))));
            total = vaddq_s32(total, vcvtq_s32_f32(vmulq_n_f32(limited, 65536.0f)));
        }
        checksum = mix(checksum, (uint32_t)vaddvq_s32(total));
    }
    return checksum;
}
