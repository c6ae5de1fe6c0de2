/* What a crash has for consequences: for the application alone. */
#include "gicv3.h"
#include "interrupts.h"
#include "log.h"
#include "native.h"
#include "pe.h"
#include "space.h"
#include "user.h"

void application_crashed(struct application *a, const struct user *user)
{
    lock(&a->lock);
    const bool first = a->state == APPLICATION_READY && a->space == user->space;
    if (first) {
        a->state = APPLICATION_CHANGING;
        __atomic_store_n(&a->space->ending, 1, __ATOMIC_SEQ_CST); /* others that are inside come out as soon as they are interrupted */
        a->crashes++;
    }
    unlock(&a->lock);
    if (!first)
        return;
    log("%s %s of service %s crashed, %u of %u restarts", a->what, a->name, a->service, a->crashes, a->restarts);
    user_report(user, a->what, (uint64_t)(a - applications));
    for (unsigned n = 0; n < pe_count; n++)
        if (n != this_pe()->index && pes[n].state != PE_ABSENT)
            gicv3_kick(n);
    while (__atomic_load_n(&a->calls, __ATOMIC_ACQUIRE))
        interrupts_poll();
    application_unload(a);
    if (a->crashes <= a->restarts) {
        application_start(a);
        return;
    }
    log("%s %s of service %s stays stopped", a->what, a->name, a->service);
    lock(&a->lock);
    a->state = APPLICATION_STOPPED;
    unlock(&a->lock);
}
