/*
 * hyplet_beside TIMES [guarded]: interrupts for the hyplet that come while a request of its own process is served: it runs when that
 * is over, though no other interrupt comes.
 */
#include "libhyplet.h"
#include "samples.h"

#define UARTIFLS 13
#define PATIENCE_US 200000 /* QEMU may be late */
#define STEP 7 /* counts by which the interrupts' times differ, over a request and more */

static volatile uint64_t handled;

static uint64_t on_interrupt(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    handled++;
    return 0;
}

/* Without asking the kernel, which the interrupt reaches as well. */
static int comes(uint64_t number)
{
    for (const uint64_t end = after_us(PATIENCE_US); handled < number && clock() < end;)
        ;
    return handled == number;
}

int main(int argc, char **argv)
{
    const uint64_t times = argument_number(argc, argv, 0, 200);
    uint64_t in_time = 0;
    const int64_t at = map_console();
    hyplet_check(at, "mapping the console");
    volatile uint32_t *console = (volatile uint32_t *)at;
    hyplet_choose(argc, argv);
    hyplet_begin(on_interrupt, -1);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the alarm");
    hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the alarm");
    for (uint64_t n = 0; n < times; n++) {
        const struct alarm_setup setup = {.first = clock() + 100 + n * STEP % 1000, .count = 1};
        alarm_start(&setup);
        for (const uint64_t end = setup.first + 100; clock() < end;)
            console[UARTIFLS] = 0x12;
        in_time += comes(n + 1);
        irq_wait(ALARM_INTID, FOREVER);
    }
    printf("hyplet_beside: %lu of %lu in time\n", in_time, times);
    return in_time != times;
}
