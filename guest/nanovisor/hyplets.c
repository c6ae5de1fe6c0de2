/* Running hyplets: on interrupts, timers and calls. */
#include "hyplets.h"
#include "events.h"
#include "gicv3.h"
#include "hyplet-tables.h"
#include "pe.h"
#include "space.h"
#include "user.h"

static bool debug_routed[MAX_PES]; /* MDCR_EL2.TDE is set: BRK at EL0 comes here */
static bool poll_again[MAX_PES];   /* a hyplet was to be freed while it ran */
static bool some_wait[MAX_PES];    /* hyplets' turn came during a call */

/* Its owner has none any more, and is to be told. */
static void ended(struct space *space, const struct user *user)
{
    __atomic_store_n(&space->ending, 1, __ATOMIC_SEQ_CST);
    user_report(user, "hyplet of process", space->owner);
    event_raise(&(struct event){
        .kind = NV_EVENT_ENDED,
        .owner = space->owner,
        .x = {user->end, user->esr, user->last.elr, user->far},
    });
}

/* False: it didn't come back of itself. */
static bool run(struct hyplet *hyplet, uint64_t function, const uint64_t arguments[4], uint64_t budget, uint64_t *result)
{
    struct space *space = hyplet->space;
    struct user user = {
        .space = space,
        .mode = space->mode,
        .entry = function,
        .stack = hyplet->stack,
        .x = {arguments[0], arguments[1], arguments[2], arguments[3]},
        .budget = budget,
        .keep = hyplet->offlet == function ? &hyplet->offlet : 0,
    };
    if (!function || !hyplet->stack)
        return false;
    *result = user_call(&user);
    if (user.end == HYPLET_END_FAULT || user.end == HYPLET_END_SYSCALL || user.end == HYPLET_END_BUDGET)
        ended(space, &user);
    if (user.end)
        return false;
    __atomic_add_fetch(&space->runs, 1, __ATOMIC_RELAXED);
    return true;
}

static void wake(const struct hyplet *hyplet, uint64_t result)
{
    if (result)
        event_raise(&(struct event){.kind = NV_EVENT_WAKE, .owner = hyplet->space->owner, .x = {this_pe()->index, result}});
}

static void run_callback(struct hyplet *hyplet)
{
    uint64_t result;
    if (run(hyplet, hyplet->callback, hyplet->arguments, hyplet->space->budget, &result))
        wake(hyplet, result);
}

void hyplets_run_waiting(void)
{
    const unsigned pe = this_pe()->index;
    struct hyplet *own = hyplets[pe];
    if (poll_again[pe])
        hyplets_poll();
    while (some_wait[pe]) {
        some_wait[pe] = false;
        for (unsigned n = 0; n < HYPLETS_PER_PE; n++)
            if (own[n].waiting) {
                own[n].waiting = false;
                if (!own[n].closing && !space_ending(own[n].space))
                    run_callback(&own[n]);
            }
    }
}

/* Run its callback: now, or after the call that is under way. */
static void trigger(struct hyplet *hyplet)
{
    if (hyplet->closing || space_ending(hyplet->space))
        return;
    if (this_pe()->user) {
        hyplet->waiting = true;
        some_wait[this_pe()->index] = true;
        return;
    }
    run_callback(hyplet);
    hyplets_run_waiting();
}

void hyplets_interrupt(uint32_t intid)
{
    struct hyplet *hyplet = hyplet_bound(HYPLET_IMO, this_pe()->index, intid);
    if (hyplet)
        trigger(hyplet);
}

unsigned hyplets_hook(uint32_t intid)
{
    struct hyplet *hyplet = intid < FIRST_SPECIAL ? hyplet_bound(HYPLET_HOOK, this_pe()->index, intid) : 0;
    if (!hyplet || hyplet->closing || space_ending(hyplet->space))
        return 0;
    trigger(hyplet);
    return 1;
}

uint64_t hyplets_rpc(uint64_t identifier, const uint64_t arguments[4])
{
    const unsigned pe = this_pe()->index;
    for (unsigned n = 0; n < RPCS_PER_PE; n++) {
        struct hyplet *hyplet = rpcs[pe][n].hyplet;
        uint64_t result;
        if (!hyplet || rpcs[pe][n].identifier != identifier || hyplet->closing)
            continue;
        const bool answered = run(hyplet, rpcs[pe][n].function, arguments, hyplet->space->budget, &result);
        hyplets_run_waiting();
        return answered ? result : ~0UL;
    }
    return ~0UL;
}

bool hyplets_execute(struct hyplet *hyplet, uint64_t *result)
{
    const bool answered = run(hyplet, hyplet->callback, hyplet->arguments, hyplet->space->budget, result);
    hyplets_run_waiting();
    return answered;
}

bool hyplets_run_offlet(void)
{
    struct hyplet *own = hyplets[this_pe()->index];
    for (unsigned n = 0; n < HYPLETS_PER_PE; n++) {
        const uint64_t function = __atomic_load_n(&own[n].offlet, __ATOMIC_ACQUIRE);
        uint64_t result;
        if (!function || own[n].closing || space_ending(own[n].space))
            continue;
        if (run(&own[n], function, own[n].arguments, 0, &result))
            wake(&own[n], result);
        hyplets_run_waiting();
        return true;
    }
    return false;
}

static void route_debug(unsigned pe)
{
    bool wanted = false;
    for (unsigned n = 0; n < RPCS_PER_PE; n++)
        wanted |= rpcs[pe][n].hyplet != 0;
    if (wanted == debug_routed[pe])
        return;
    const uint64_t mdcr = read_sysreg(mdcr_el2);
    write_sysreg(mdcr_el2, wanted ? mdcr | MDCR_TDE : mdcr & ~MDCR_TDE);
    isb();
    debug_routed[pe] = wanted;
}

/*
 * The next time of a periodic one: not before it has rested for as long as it ran, so that the guest gets on whatever the period is.
 * Times that are missed are lost.
 */
static uint64_t next_time(const struct hyplet *hyplet, uint64_t last, uint64_t began)
{
    const uint64_t now = counter();
    const uint64_t earliest = now + (now - began);
    uint64_t next = last + hyplet->period;
    if (next < earliest)
        next += (earliest - next + hyplet->period - 1) / hyplet->period * hyplet->period;
    return next;
}

static void ring(struct alarm *alarm)
{
    struct hyplet *hyplet = (struct hyplet *)((char *)alarm - __builtin_offsetof(struct hyplet, alarm));
    const uint64_t last = alarm->at, began = counter();
    trigger(hyplet);
    if (hyplet->space && hyplet->period && !alarm->set && !hyplet->closing && !space_ending(hyplet->space))
        alarm_set(alarm, next_time(hyplet, last, began));
}

static void set_alarm(struct hyplet *hyplet)
{
    const uint64_t when = __atomic_exchange_n(&hyplet->requested, 0, __ATOMIC_ACQUIRE);
    if (when == HYPLET_ALARM_STOP)
        alarm_cancel(&hyplet->alarm);
    if (when <= HYPLET_ALARM_STOP)
        return;
    hyplet->alarm.ring = ring;
    alarm_set(&hyplet->alarm, when);
}

void hyplets_poll(void)
{
    const struct pe *pe = this_pe();
    struct hyplet *own = hyplets[pe->index];
    poll_again[pe->index] = false;
    for (unsigned n = 0; n < HYPLETS_PER_PE; n++) {
        if (own[n].requested)
            set_alarm(&own[n]);
        if (own[n].closing && pe->user && pe->user->space == own[n].space)
            poll_again[pe->index] = true;
        else if (own[n].closing)
            hyplet_free(&own[n]);
    }
    route_debug(pe->index);
}
