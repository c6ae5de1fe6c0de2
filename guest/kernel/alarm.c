/* The alarm device: the EL1 physical timer of the PE that started it. */
#include "syscall.h"
#include "sysreg.h"
#include "user_irq.h"

static struct alarm_setup alarm; /* `first` is the deadline that is set, `count` how many are left with it */

static void set(void)
{
    if (alarm.count)
        write_sysreg(cntp_cval_el0, alarm.first);
    write_sysreg(cntp_ctl_el0, alarm.count ? BIT(0) : 0);
    isb();
}

int64_t alarm_start(const struct alarm_setup *setup)
{
    alarm = setup ? *setup : (struct alarm_setup){0};
    if (setup && alarm.spread == ~0UL)
        return ERROR_INVALID;
    set();
    return 0;
}

void alarm_fired(void)
{
    if (alarm.count) {
        alarm.count--;
        alarm.first += alarm.interval + alarm_random(&alarm.seed) % (alarm.spread + 1);
    }
    set();
}
