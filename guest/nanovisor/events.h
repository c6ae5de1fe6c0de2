/* What the guest kernel is told: a queue, and an interrupt when there is something in it. */
#ifndef EVENTS_H
#define EVENTS_H
#include "nanovisor.h"
#include <stdbool.h>
#include <stdint.h>

struct event {
    enum nv_event_kind kind;
    uint64_t owner;
    uint64_t x[4];
};

/* Tell it. The interrupt goes to this PE, or to the first if the guest isn't on this one. */
void event_raise(const struct event *event);
/* The oldest one; NV_EVENT_NONE without. */
struct event event_take(void);
/* The owner is gone: nothing more about it. */
void events_forget(uint64_t owner);

#endif
