#include "stubdomain.h"
#include "domain.h"
#include "interrupts.h"
#include "log.h"
#include "pe.h"
#include "space.h"
#include "world.h"

_Static_assert(MAX_PES <= DOMAIN_SLOTS, "every PE has one request at most under way, so that there is always a slot");
_Static_assert(DOMAIN_STACK_TOP == STACKS + STACK_SPAN, "the stack is the one that an application would have on the first PE");
_Static_assert(sizeof(struct domain_ring) <= 4096, "the ring fits in its page");

struct mailbox {
    uint32_t answered;
    uint64_t results[APP_RESULTS];
};

static struct domain {
    bool running;   /* on some PE: there is one virtual CPU. What follows up to the lock is its runner's */
    struct frame frame;
    struct world world;
    struct vgic_domain vgic;
    struct lock lock;
    bool event;     /* to be made pending when it runs next */
    struct domain_ring *ring;
    uint32_t requests, answers; /* as we know them, whatever the ring says */
    uint8_t asker[DOMAIN_SLOTS];
    struct mailbox mailboxes[MAX_PES];
} domains[MAX_SERVICES_NATIVE];

static struct domain *domain_of(const struct application *a)
{
    return &domains[a - applications];
}

static bool answered(const struct domain *d)
{
    return __atomic_load_n(&d->mailboxes[this_pe()->index].answered, __ATOMIC_ACQUIRE);
}

void stubdomain_reset(const struct application *a, struct domain_ring *ring)
{
    *domain_of(a) = (struct domain){
        .frame = {.elr = a->entry, .spsr = SPSR_DAIF | SPSR_EL1h},
        .world = {.SCTLR = SCTLR_RES1, .sp_el1 = DOMAIN_STACK_TOP},
        .ring = ring,
    };
}

static void ask(struct domain *d, uint64_t function, const uint64_t *arguments)
{
    lock(&d->lock);
    struct domain_slot *slot = &d->ring->slots[d->requests % DOMAIN_SLOTS];
    slot->function = function;
    for (unsigned n = 0; n < APP_ARGUMENTS; n++)
        slot->arguments[n] = arguments[n];
    d->asker[d->requests % DOMAIN_SLOTS] = (uint8_t)this_pe()->index;
    d->mailboxes[this_pe()->index].answered = 0;
    __atomic_store_n(&d->ring->requests, ++d->requests, __ATOMIC_RELEASE);
    d->event = true;
    unlock(&d->lock);
}

/* Give the answers in the ring to whoever asked. False: the domain counts answers that nobody asked for. */
static bool collect(struct domain *d)
{
    lock(&d->lock);
    const uint32_t answers = __atomic_load_n(&d->ring->answers, __ATOMIC_ACQUIRE);
    const bool possible = answers - d->answers <= d->requests - d->answers;
    for (; possible && d->answers != answers; d->answers++) {
        const struct domain_slot *slot = &d->ring->slots[d->answers % DOMAIN_SLOTS];
        struct mailbox *mailbox = &d->mailboxes[d->asker[d->answers % DOMAIN_SLOTS]];
        for (unsigned n = 0; n < APP_RESULTS; n++)
            mailbox->results[n] = slot->results[n];
        __atomic_store_n(&mailbox->answered, 1, __ATOMIC_RELEASE);
    }
    unlock(&d->lock);
    return possible;
}

/* The domain loses the PE to whom it has answered, as to anyone who may run before it. */
static void suspend(struct user *user, const struct frame *frame)
{
    *user->resume = *frame;
    user_finish(0, 0);
}

static bool notify(const struct application *a, struct user *user, struct frame *frame)
{
    struct domain *d = domain_of(a);
    frame->x[0] = 0;
    if (!collect(d)) {
        log("domain %s of service %s counts answers that nobody asked for", a->name, a->service);
        return false;
    }
    if (answered(d))
        suspend(user, frame);
    return true; /* the answers were others' */
}

static bool exception(struct user *user, struct frame *frame, uint64_t esr)
{
    const struct native_context *context = user->context;
    const struct application *a = context->application;
    if (ESR_EC(esr) == EC_HVC64 && frame->x[8] == DOMAIN_CALL_NOTIFY && !ESR_ISS(esr))
        return notify(a, user, frame);
    if (ESR_EC(esr) == EC_HVC64 && frame->x[8] != APP_CALL_RETURN)
        return native_service(user, frame, (unsigned)ESR_ISS(esr));
    if (ESR_EC(esr) == EC_WFX)
        log("domain %s of service %s waits, and has a request to answer", a->name, a->service);
    return false;
}

/* On this PE, in the guest's stead, until it has answered us or has ended. */
static void run(struct domain *d, struct user *user)
{
    lock(&d->lock);
    if (d->event)
        vgic_domain_raise(&d->vgic, DOMAIN_EVENT_INTID);
    d->event = false;
    unlock(&d->lock);
    world_enter(&d->world, &d->vgic, user->space);
    user_call(user);
    world_leave(&d->world, &d->vgic);
    if (user->end)
        __atomic_store_n(&user->space->ending, 1, __ATOMIC_SEQ_CST); /* before others find it free */
}

void stubdomain_call(struct application *a, struct user *user, uint64_t function, const uint64_t arguments[APP_ARGUMENTS],
                     uint64_t results[APP_RESULTS])
{
    struct domain *d = domain_of(a);
    struct native_context context = {.application = a};
    *user = (struct user){.space = a->space, .budget = a->budget, .resume = &d->frame, .trapped = exception, .context = &context};
    ask(d, function, arguments);
    while (!answered(d) && !user->end) {
        if (space_ending(a->space)) {
            user->end = HYPLET_END_RESET;
        } else if (!__atomic_exchange_n(&d->running, true, __ATOMIC_ACQUIRE)) {
            if (!answered(d)) /* while another PE ran it */
                run(d, user);
            __atomic_store_n(&d->running, false, __ATOMIC_RELEASE);
        } else {
            interrupts_poll();
        }
    }
    for (unsigned n = 0; n < APP_RESULTS; n++)
        results[n] = d->mailboxes[this_pe()->index].results[n];
}
