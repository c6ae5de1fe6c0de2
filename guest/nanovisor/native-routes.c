/* How requests reach a service: an SMC or HVC in its range, an access to its page, its timer. */
#include "alarms.h"
#include "hyplets.h"
#include "log.h"
#include "mmio.h"
#include "nanovisor.h"
#include "native.h"
#include "pages.h"
#include "pe.h"
#include "services.h"
#include "stage2.h"
#include "trap.h"

#define RETRY_NS 50000UL

static struct application_alarm {
    struct alarm alarm;
    uint64_t due;
    unsigned pe;  /* whose alarm it is */
    bool waiting; /* it came while a call was under way there */
    struct application *application;
} timers[MAX_SERVICES_NATIVE];

static struct application *with_function(uint64_t function)
{
    for (unsigned n = 0; n < application_count; n++)
        if (applications[n].smc_first && function >= applications[n].smc_first && function <= applications[n].smc_last)
            return &applications[n];
    return 0;
}

static void call_timer(struct application_alarm *timer)
{
    const uint64_t due = timer->due, period = timer->application->period, now = counter();
    uint64_t results[APP_RESULTS];
    timer->waiting = false;
    timer->due += period;
    if (timer->due <= now) /* those that were missed are lost */
        timer->due += (now - timer->due) / period * period + period;
    alarm_set(&timer->alarm, timer->due);
    if (timer->application->state == APPLICATION_READY || timer->application->handler)
        native_call(timer->application, APP_TIMER, (const uint64_t[APP_ARGUMENTS]){due}, results);
}

/* Inside another call it waits for that one's end; a hyplet doesn't tell when that is, so it also looks again. */
static void ring(struct alarm *alarm)
{
    struct application_alarm *timer = (struct application_alarm *)alarm;
    timer->waiting = this_pe()->user != 0;
    if (timer->waiting) {
        alarm_set(alarm, counter() + ticks_of_ns(RETRY_NS));
        return;
    }
    call_timer(timer);
    hyplets_run_waiting();
}

/* After a call: interrupts are mostly taken inside one, when the guest makes one after the other. */
static void after_call(void)
{
    for (unsigned n = 0; n < application_count; n++)
        if (timers[n].waiting && timers[n].pe == this_pe()->index)
            call_timer(&timers[n]);
    hyplets_run_waiting();
}

static bool serve_smc(struct frame *frame)
{
    uint64_t arguments[APP_ARGUMENTS], results[APP_RESULTS] = {0};
    struct application *a = with_function(frame->x[0]);
    if (!a)
        return false;
    for (unsigned n = 0; n < APP_ARGUMENTS; n++)
        arguments[n] = frame->x[n];
    const int64_t error = native_call(a, APP_HANDLE_SMC, arguments, results);
    after_call();
    if (error)
        results[0] = (uint64_t)error;
    for (unsigned n = 0; n < (error ? 1 : APP_RESULTS); n++)
        frame->x[n] = results[n];
    return true;
}

static bool serve_mmio(void *context, struct mmio_access *access)
{
    const uint64_t arguments[APP_ARGUMENTS] = {access->address, access->size, access->write, access->value};
    uint64_t results[APP_RESULTS] = {0};
    const int64_t error = native_call(context, APP_HANDLE_MMIO, arguments, results);
    after_call();
    if (error || results[0])
        return false;
    if (!access->write)
        access->value = results[1] & (~0UL >> (64 - 8 * access->size));
    return true;
}

void native_route(struct application *a)
{
    if (a->smc_first && !services_register(a->smc_first, a->smc_last, BY_SMC | BY_HVC, serve_smc))
        log("there is no room for the functions of service %s", a->service);
    if (a->mmio_size && !mmio_register(a->mmio, a->mmio_size, serve_mmio, a))
        log("there is no room for the registers of service %s", a->service);
    for (uint64_t at = a->mmio & ~(PAGE_SIZE - 1); a->mmio_size && at < a->mmio + a->mmio_size; at += PAGE_SIZE)
        stage2_device(at, false);
    if (a->period) {
        struct application_alarm *timer = &timers[a - applications];
        timer->application = a;
        timer->alarm.ring = ring;
        timer->pe = this_pe()->index;
        timer->due = counter() + a->period;
        alarm_set(&timer->alarm, timer->due);
    }
}
