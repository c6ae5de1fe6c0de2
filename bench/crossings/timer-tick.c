/* The virtual timer is set to fire at once; the PE sleeps in WFI, takes the interrupt, acknowledges it, stops the timer, ends it. */
#include "crossing.h"
#include "exceptions.h"
#include "gic.h"
#include "timer.h"
#include "virt.h"

const char kernel_name[] = "timer-tick";
const unsigned kernel_iterations = 300000;

/* x3 counts ticks. */
VECTORS("el1_vectors", SAME_LEVEL_IRQ,
        "mrs x16, icc_iar1_el1\n"
        "msr cntv_ctl_el0, xzr\n"
        "isb\n"
        "add x3, x3, #1\n"
        "msr icc_eoir1_el1, x16\n"
        "eret\n");

extern char el1_vectors[];

static uint64_t ticks(uint64_t count)
{
    register uint64_t x3 asm("x3") = 0;
    while (x3 < count) {
        write_sysreg(cntv_tval_el0, 0);
        write_sysreg(cntv_ctl_el0, TIMER_ENABLE);
        asm volatile("isb\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" : "+r"(x3) : : "x16", "memory");
    }
    return x3;
}

uint64_t kernel(unsigned iterations)
{
    gic_init();
    gic_init_pe();
    gic_enable(VIRT_INTID_VIRTUAL_TIMER);
    write_sysreg(vbar_el1, el1_vectors);
    isb();
    return ticks(iterations);
}
