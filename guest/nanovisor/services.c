#include "services.h"
#include "lock.h"
#include "nanovisor.h"
#include "trap.h"

#define MAX_SERVICES 32

static struct service {
    uint64_t first, last;
    unsigned conduits;
    service_handler *handler;
} services[MAX_SERVICES];
static unsigned count;
static struct lock services_lock;

bool services_register(uint64_t first, uint64_t last, unsigned conduits, service_handler *handler)
{
    lock(&services_lock);
    const bool fits = count < MAX_SERVICES;
    if (fits)
        services[count++] = (struct service){first, last, conduits, handler};
    unlock(&services_lock);
    return fits;
}

void services_unregister(uint64_t first)
{
    lock(&services_lock);
    for (unsigned n = count; n-- > 0;)
        if (services[n].first == first) {
            for (count--; n < count; n++)
                services[n] = services[n + 1];
            break;
        }
    unlock(&services_lock);
}

static service_handler *find(uint64_t function, unsigned conduit)
{
    service_handler *handler = 0;
    lock(&services_lock);
    for (unsigned n = count; n-- > 0 && !handler;)
        if (function >= services[n].first && function <= services[n].last && (services[n].conduits & conduit))
            handler = services[n].handler;
    unlock(&services_lock);
    return handler;
}

void services_call(struct frame *frame, unsigned conduit)
{
    const uint64_t function = frame->x[0] & 0xffffffff; /* a function identifier is W0 */
    service_handler *handler = find(function, conduit);
    frame->x[0] = function;
    if (!handler || !handler(frame))
        frame->x[0] = (uint64_t)NV_EUNKNOWN;
}
