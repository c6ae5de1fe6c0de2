#include "interrupts.h"
#include "alarms.h"
#include "gicv3.h"
#include "hyplets.h"
#include "space.h"
#include "user.h"
#include "vgic.h"

void interrupts_poll(void)
{
    hyplets_poll();
    space_check();
}

void interrupt_taken(struct frame *frame)
{
    const uint32_t intid = gicv3_acknowledge();
    if (intid >= FIRST_SPECIAL)
        return;
    gicv3_drop(intid);
    switch (intid) {
    case INTID_TIMER:
        gicv3_deactivate(intid);
        alarms_ring();
        break;
    case INTID_KICK:
        gicv3_deactivate(intid);
        vgic_refill();
        interrupts_poll();
        break;
    case INTID_MAINTENANCE:
        vgic_refill();
        gicv3_deactivate(intid);
        break;
    default: /* a device of the guest's; the guest deactivates it */
        hyplets_interrupt(intid);
        vgic_give(intid);
    }
    user_check(frame);
}
