#include "alarms.h"
#include "pe.h"

#define TIMER_ENABLE BIT(0)
#define NS_PER_SECOND 1000000000UL

/* Of each PE, earliest first. */
static struct alarm *queues[MAX_PES];

uint64_t counter(void)
{
    isb(); /* the counter may be read ahead of program order */
    return read_sysreg(cntpct_el0);
}

uint64_t ticks_of_ns(uint64_t ns)
{
    const uint64_t frequency = read_sysreg(cntfrq_el0);
    return ns / NS_PER_SECOND * frequency + ns % NS_PER_SECOND * frequency / NS_PER_SECOND;
}

static void program(void)
{
    const struct alarm *first = queues[this_pe()->index];
    if (first)
        write_sysreg(cnthp_cval_el2, first->at);
    write_sysreg(cnthp_ctl_el2, first ? TIMER_ENABLE : 0);
    isb();
}

void alarms_init_pe(void)
{
    program();
}

static void unlink(struct alarm *alarm)
{
    struct alarm **at = &queues[this_pe()->index];
    while (*at && *at != alarm)
        at = &(*at)->next;
    if (*at)
        *at = alarm->next;
    alarm->set = false;
}

void alarm_set(struct alarm *alarm, uint64_t when)
{
    if (alarm->set)
        unlink(alarm);
    struct alarm **at = &queues[this_pe()->index];
    while (*at && (*at)->at <= when)
        at = &(*at)->next;
    *alarm = (struct alarm){.at = when, .set = true, .ring = alarm->ring, .next = *at};
    *at = alarm;
    program();
}

void alarm_cancel(struct alarm *alarm)
{
    if (!alarm->set)
        return;
    unlink(alarm);
    program();
}

void alarms_ring(void)
{
    struct alarm **first = &queues[this_pe()->index];
    while (*first && (*first)->at <= counter()) {
        struct alarm *alarm = *first;
        *first = alarm->next;
        alarm->set = false;
        alarm->ring(alarm);
    }
    program();
}
