#include "interrupts.h"
#include "hyplets.h"
#include "lab.h"
#include "nanovisor.h"
#include "scheduler.h"
#include "syscall.h"
#include "user_irq.h"

static void serve(uint32_t intid)
{
    hyplets_hook(intid);
    switch (intid) {
    case SGI_RESCHEDULE:
        break; /* schedule() looks at the queues anyway */
    case INTID_VIRTUAL_TIMER:
        scheduler_tick();
        break;
    case NV_EVENT_INTID:
        hyplets_events();
        break;
    case ALARM_INTID:
        lab_seen(intid);
        if (alarm_fired())
            user_irq_arrived(intid);
        break;
    default:
        if (!user_irq_arrived(intid))
            interrupts_disable_one(this_pe()->number, intid); /* nobody's: not again */
    }
}

void interrupts_serve(void)
{
    for (;;) {
        const uint32_t intid = interrupts_acknowledge();
        if (intid >= INTID_NONE)
            return;
        serve(intid);
        interrupts_finish(intid);
    }
}
