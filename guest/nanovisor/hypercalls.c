/* The calls that are about no mechanism in particular. */
#include "hypercalls.h"
#include "alarms.h"
#include "events.h"
#include "hyplets.h"
#include "log.h"
#include "nanovisor-psci.h"
#include "pages.h"
#include "pe.h"
#include "services.h"
#include "stage2.h"
#include "trap.h"
#include "watch.h"

#define VERSION 1
#define LOG_MAX 256u
#define NS_PER_MS 1000000UL

static struct alarm watchdogs[MAX_PES]; /* each PE's own: alarms belong to the PE that sets them */

static void give_up(struct alarm *alarm)
{
    (void)alarm;
    log("watchdog: PE %u of the guest gave no sign of life in time", this_pe()->index);
    power_off();
}

static int64_t watchdog(uint64_t ms)
{
    struct alarm *alarm = &watchdogs[this_pe()->index];
    alarm->ring = give_up;
    if (ms)
        alarm_set(alarm, counter() + ticks_of_ns(ms * NS_PER_MS));
    else
        alarm_cancel(alarm);
    return NV_OK;
}

static int64_t log_for_guest(uint64_t ipa, uint64_t length)
{
    if (length > LOG_MAX || !stage2_is_ram(ipa, length))
        return NV_EINVAL;
    log_text("guest", virt(ipa), (unsigned)length);
    return NV_OK;
}

static void take_event(uint64_t *x)
{
    const struct event event = event_take();
    x[0] = event.kind;
    x[1] = event.owner;
    for (unsigned n = 0; n < 4; n++)
        x[2 + n] = event.x[n];
}

static bool serve(struct frame *frame)
{
    uint64_t *x = frame->x;
    switch (x[0]) {
    case NV_VERSION:
        x[0] = VERSION;
        return true;
    case NV_FEATURES:
        x[0] = vhe ? NV_HAS_VHE : 0;
        return true;
    case NV_LOG:
        x[0] = (uint64_t)log_for_guest(x[1], x[2]);
        return true;
    case NV_EVENT:
        take_event(x);
        return true;
    case NV_WATCHDOG:
        x[0] = (uint64_t)watchdog(x[1]);
        return true;
    case NV_NOP:
        x[0] = NV_OK;
        return true;
    default:
        return false;
    }
}

void hypercalls_init(void)
{
    services_register(NV_VERSION, NV_NOP, BY_HVC, serve);
    services_register(NV_HYPLET_MODE, NV_PAGES, BY_HVC, hyplets_serve);
    services_register(NV_WATCH, NV_ACQUIRE, BY_HVC, watch_serve);
}
