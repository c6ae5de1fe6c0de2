#include "events.h"
#include "lock.h"
#include "pe.h"
#include "vgic.h"

/* One NV_EVENT_WAKE for each owner and PE, and one NV_EVENT_ENDED for each owner, fit; more there can't be. */
#define MAX_EVENTS 320

static struct event queue[MAX_EVENTS];
static unsigned used;
static struct lock events_lock;

/* One that is waiting and says the same thing; its values are brought up to date. */
static bool update(const struct event *event)
{
    for (unsigned n = 0; n < used; n++) {
        struct event *old = &queue[n];
        if (old->kind == event->kind && old->owner == event->owner
            && (event->kind == NV_EVENT_ENDED || old->x[0] == event->x[0])) {
            if (event->kind == NV_EVENT_WAKE)
                *old = *event;
            return true;
        }
    }
    return false;
}

void event_raise(const struct event *event)
{
    lock(&events_lock);
    if (!update(event) && used < MAX_EVENTS)
        queue[used++] = *event;
    unlock(&events_lock);
    vgic_raise(this_pe()->state == PE_ON ? this_pe()->index : 0, NV_EVENT_INTID);
}

struct event event_take(void)
{
    struct event event = {.kind = NV_EVENT_NONE};
    lock(&events_lock);
    if (used) {
        event = queue[0];
        used--;
        for (unsigned n = 0; n < used; n++)
            queue[n] = queue[n + 1];
    }
    unlock(&events_lock);
    return event;
}

void events_forget(uint64_t owner)
{
    unsigned kept = 0;
    lock(&events_lock);
    for (unsigned n = 0; n < used; n++)
        if (queue[n].owner != owner)
            queue[kept++] = queue[n];
    used = kept;
    unlock(&events_lock);
}
