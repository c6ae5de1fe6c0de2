/* The alarm device: the EL1 physical timer of the PE that started it. */
#include "syscall.h"
#include "thread.h"
#include "user_irq.h"

static struct alarm_setup alarm; /* `first` is the deadline that is set, `count` how many are left with it */
static struct pe *alarm_pe;

static void set(void)
{
    if (alarm.count)
        write_sysreg(cntp_cval_el0, alarm.first);
    write_sysreg(cntp_ctl_el0, alarm.count ? BIT(0) : 0);
    isb();
}

int64_t alarm_start(const struct alarm_setup *setup)
{
    if (setup && setup->spread == ~0UL)
        return ERROR_INVALID;
    alarm = setup ? *setup : (struct alarm_setup){0};
    alarm_pe = this_pe();
    set();
    return 0;
}

/* Another PE's timer may still be set, when the alarm was stopped from elsewhere. */
int alarm_fired(void)
{
    if (!alarm.count || alarm_pe != this_pe()) {
        write_sysreg(cntp_ctl_el0, 0);
        isb();
        return 0;
    }
    alarm.count--;
    alarm.first += alarm.interval + alarm_random(&alarm.seed) % (alarm.spread + 1);
    set();
    return 1;
}
