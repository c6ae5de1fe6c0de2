/*
 * fft_hyplet [ROUNDS] [guarded] [time]: the same Fourier transform in the process and as a hyplet. It uses floating point, whose
 * registers the nanovisor gives a hyplet when it first touches them; the results must agree to the last bit.
 */
#include "libhyplet.h"
#include "samples.h"

#define POINTS 256

struct complex {
    double re, im;
};

static struct complex twiddles[POINTS / 2], input[POINTS], in_process[POINTS], in_hyplet[POINTS];

static struct complex multiply(struct complex a, struct complex b)
{
    return (struct complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* exp(-2 pi i n / POINTS), each from the one before. */
static void make_twiddles(void)
{
    const struct complex step = {0.99969881869620425, -0.024541228522912288};
    twiddles[0] = (struct complex){1, 0};
    for (unsigned n = 1; n < POINTS / 2; n++)
        twiddles[n] = multiply(twiddles[n - 1], step);
}

static unsigned reverse(unsigned n)
{
    unsigned result = 0;
    for (unsigned bit = 1; bit < POINTS; bit <<= 1, n >>= 1)
        result = result << 1 | (n & 1);
    return result;
}

static void transform(struct complex *x)
{
    for (unsigned n = 0; n < POINTS; n++)
        x[reverse(n)] = input[n];
    for (unsigned half = 1; half < POINTS; half *= 2)
        for (unsigned start = 0; start < POINTS; start += 2 * half)
            for (unsigned n = start; n < start + half; n++) {
                const struct complex odd = multiply(x[n + half], twiddles[(n - start) * (POINTS / 2 / half)]);
                x[n + half] = (struct complex){x[n].re - odd.re, x[n].im - odd.im};
                x[n] = (struct complex){x[n].re + odd.re, x[n].im + odd.im};
            }
}

static uint64_t hyplet(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    transform(in_hyplet);
    return 0;
}

static uint64_t hash(const struct complex *x)
{
    const uint8_t *bytes = (const uint8_t *)x;
    uint64_t value = 0xcbf29ce484222325;
    for (unsigned n = 0; n < POINTS * sizeof *x; n++)
        value = (value ^ bytes[n]) * 0x100000001b3;
    return value;
}

int main(int argc, char **argv)
{
    const uint64_t rounds = argument_number(argc, argv, 0, 10);
    struct samples process_samples, hyplet_samples;
    samples_init(&process_samples, rounds);
    samples_init(&hyplet_samples, rounds);
    make_twiddles();
    hyplet_choose(argc, argv);
    hyplet_begin(hyplet, -1);
    uint64_t equal = 0, kept = 0;
    for (uint64_t n = 0; n < rounds; n++) {
        for (unsigned i = 0; i < POINTS; i++)
            input[i] = (struct complex){(double)((i * 37 + n) % 101) - 50, (double)((i * i + n) % 17)};
        const uint64_t start = cycles();
        transform(in_process);
        const uint64_t middle = cycles();
        double before = (double)n + 0.5;
        asm volatile("" : "+w"(before)); /* it stays in a register across the hyplet */
        hyplet_check(hyplet_execute(-1), "running the hyplet");
        asm volatile("" : "+w"(before));
        kept += before == (double)n + 0.5;
        samples_add(&process_samples, middle - start);
        samples_add(&hyplet_samples, cycles() - middle);
        equal += hash(in_process) == hash(in_hyplet);
    }
    printf("fft_hyplet: %u points, %lu of %lu results equal, registers kept %lu times, last %016lx\n", POINTS, equal, rounds, kept,
           hash(in_hyplet));
    if (argument_has(argc, argv, "time")) {
        samples_print(&process_samples, "fft in the process");
        samples_print(&hyplet_samples, "fft in the hyplet");
    }
    return equal != rounds || kept != rounds;
}
