/* The EL1 virtual and physical timers. */
#ifndef TIMER_H
#define TIMER_H
#include "sysreg.h"

#define TIMER_ENABLE BIT(0)
#define TIMER_IMASK BIT(1)
#define TIMER_ISTATUS BIT(2)

static inline uint64_t timer_frequency(void) { return read_sysreg(cntfrq_el0); }
static inline uint64_t timer_now(void)
{
    isb(); /* CNTVCT may be read ahead of program order */
    return read_sysreg(cntvct_el0);
}
/* Fire INTID 27 when the virtual count reaches `count`. */
static inline void timer_fire_at(uint64_t count)
{
    write_sysreg(cntv_cval_el0, count);
    write_sysreg(cntv_ctl_el0, TIMER_ENABLE);
    isb();
}
static inline void timer_stop(void)
{
    write_sysreg(cntv_ctl_el0, 0);
    isb();
}

#endif
