/*
 * user_hyplet [guarded] [hook]: the smallest one that maps only what it needs: its code, its data and a stack. It says what it saw
 * through the log in mapped memory.
 */
#include "libhyplet.h"

#define RUNS 3
#define INTERVAL_US 200

static uint8_t stack[8192] __attribute__((aligned(4096)));

static uint64_t user_hyplet(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    static unsigned runs;
    hyp_print("hyplet: run %u with %lu %lu %lu %lu\n", ++runs, a, b, c, d);
    return 0;
}

int main(int argc, char **argv)
{
    hyplet_choose(argc, argv);
    hyplet_check(hyplet_map_vma((const void *)user_hyplet, -1), "mapping the code");
    hyplet_check(hyplet_map_vma("read-only data", -1), "mapping the constants");
    hyplet_check(hyplet_map_vma(stack, -1), "mapping the data");
    hyplet_check(hyplet_set_stack(stack, sizeof stack, -1), "setting the stack");
    hyplet_check(hyplet_set_callback(user_hyplet, -1), "setting the callback");
    hyplet_check(hyplet_set_arguments(-1, 1, 2, 3, 4), "setting the arguments");
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the interrupt");
    for (unsigned n = 0; n < RUNS; n++) {
        const struct alarm_setup setup = {.first = after_us(INTERVAL_US), .count = 1};
        alarm_start(&setup);
        irq_wait(ALARM_INTID, FOREVER);
    }
    const uint64_t lost = print_hyp();
    printf("user_hyplet: %lu lines lost\n", lost);
    return lost != 0;
}
