/*
 * simple_hyplet [IRQ] [INTERRUPTS] [guarded] [hook]: counts the interrupts of a device for a while, as published. The device is the
 * alarm, unless another INTID is given; then nothing makes it interrupt.
 */
#include "libhyplet.h"
#include "samples.h"

#define INTERVAL_US 100

static volatile uint64_t some_global;

static uint64_t on_interrupt(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    some_global++;
    return 0;
}

int main(int argc, char **argv)
{
    const unsigned irq = (unsigned)argument_number(argc, argv, 0, ALARM_INTID);
    const uint64_t count = argument_number(argc, argv, 1, 75);
    const uint64_t interval = INTERVAL_US * clock_frequency() / 1000000;
    hyplet_choose(argc, argv);
    hyplet_begin(on_interrupt, -1);
    hyplet_check(irq_open(irq, IRQ_EDGE), "opening the interrupt");
    hyplet_check(hyplet_trap_irq((int)irq, -1), "trapping the interrupt");
    printf("Waiting for irq %u\n", irq);

    const struct alarm_setup setup = {.first = clock() + interval, .interval = interval, .count = count};
    uint64_t seen = 0;
    hyplet_check(alarm_start(&setup), "starting the alarm");
    while (seen < count)
        seen += (uint64_t)irq_wait(irq, FOREVER);
    hyplet_check(hyplet_untrap_irq((int)irq, -1), "untrapping the interrupt");
    printf("some global %lu\n", some_global);
    return some_global != count;
}
