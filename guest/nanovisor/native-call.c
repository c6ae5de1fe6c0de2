/* A call into an application: who may be inside, and what the guest's registers are meanwhile. */
#include "el2.h"
#include "interrupts.h"
#include "log.h"
#include "native.h"
#include "nanovisor.h"
#include "pe.h"
#include "space.h"
#include "stubdomain.h"
#include "user.h"

/* The guest's registers that EL0 could read or write, or that would decide what EL0 may do. */
struct guest_registers {
    uint64_t tpidr, tpidrro, pmuserenr, mdscr, sctlr, cpacr, cntkctl;
};

#define CNTKCTL_EL0PCTEN BIT(0)
#define CNTKCTL_EL0VCTEN BIT(1)

static void put_away(struct guest_registers *kept)
{
    kept->tpidr = read_sysreg(tpidr_el0);
    kept->tpidrro = read_sysreg(tpidrro_el0);
    kept->pmuserenr = read_sysreg(pmuserenr_el0);
    kept->mdscr = read_sysreg(mdscr_el1);
    write_sysreg(tpidr_el0, 0);
    write_sysreg(tpidrro_el0, 0);
    write_sysreg(pmuserenr_el0, 0);
    write_sysreg(mdscr_el1, 0);
    if (vhe)
        return; /* EL2's own registers rule EL0 */
    kept->sctlr = read_sysreg(sctlr_el1);
    kept->cpacr = read_sysreg(cpacr_el1);
    kept->cntkctl = read_sysreg(cntkctl_el1);
    write_sysreg(sctlr_el1, SCTLR_RES1 | SCTLR_C | SCTLR_I | SCTLR_SA0 | SCTLR_DZE | SCTLR_UCT | SCTLR_UCI);
    write_sysreg(cpacr_el1, CPACR_FPEN_NONE); /* CPTR_EL2 traps */
    write_sysreg(cntkctl_el1, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN);
}

static void put_back(const struct guest_registers *kept)
{
    write_sysreg(tpidr_el0, kept->tpidr);
    write_sysreg(tpidrro_el0, kept->tpidrro);
    write_sysreg(pmuserenr_el0, kept->pmuserenr);
    write_sysreg(mdscr_el1, kept->mdscr);
    if (!vhe) {
        write_sysreg(sctlr_el1, kept->sctlr);
        write_sysreg(cpacr_el1, kept->cpacr);
        write_sysreg(cntkctl_el1, kept->cntkctl);
    }
    isb();
}

static void run(struct application *a, struct user *user, uint64_t function, const uint64_t *arguments, uint64_t *results)
{
    struct native_context context = {.application = a, .results = results};
    struct guest_registers kept = {0};
    if (a->domain) {
        stubdomain_call(a, user, function, arguments, results);
        return;
    }
    *user = (struct user){
        .space = a->space,
        .mode = HYPLET_GUARDED,
        .entry = a->entry,
        .stack = STACKS + (this_pe()->index + 1) * STACK_SPAN,
        .x = {function},
        .budget = a->budget,
        .service = native_service,
        .context = &context,
    };
    for (unsigned n = 0; n < APP_ARGUMENTS; n++)
        user->x[1 + n] = arguments[n];
    put_away(&kept);
    user_call(user);
    put_back(&kept);
}

/* Count this call in. False: there is nobody to call. */
static bool enter(struct application *a)
{
    for (;;) {
        lock(&a->lock);
        const uint32_t state = a->state;
        if (state == APPLICATION_READY)
            a->calls++;
        unlock(&a->lock);
        if (state != APPLICATION_CHANGING)
            return state == APPLICATION_READY;
        interrupts_poll(); /* who changes it may be waiting for us */
    }
}

static void leave(struct application *a)
{
    lock(&a->lock);
    a->calls--;
    unlock(&a->lock);
}

int64_t native_call(struct application *a, uint64_t function, const uint64_t arguments[APP_ARGUMENTS],
                    uint64_t results[APP_RESULTS])
{
    struct user user;
    if (a->handler) {
        const int64_t error = a->handler(function, arguments, results);
        return error < 0 ? error : NV_OK;
    }
    if (!enter(a))
        return NV_EDEAD;
    run(a, &user, function, arguments, results);
    leave(a);
    if (user.end == HYPLET_END_RESET)
        interrupts_poll(); /* it crashed on another PE, which waits for us */
    else if (user.end)
        application_crashed(a, &user);
    else
        __atomic_add_fetch(&a->runs, 1, __ATOMIC_RELAXED);
    return user.end ? NV_EDEAD : NV_OK;
}

bool application_claim(struct application *a)
{
    uint32_t state;
    do {
        lock(&a->lock);
        state = a->state;
        a->state = APPLICATION_CHANGING;
        unlock(&a->lock);
        if (state == APPLICATION_CHANGING)
            interrupts_poll();
    } while (state == APPLICATION_CHANGING);
    while (__atomic_load_n(&a->calls, __ATOMIC_ACQUIRE))
        interrupts_poll();
    return state != APPLICATION_EMPTY;
}

/* APP_INIT, which nobody else can call. */
static bool init(struct application *a)
{
    const uint64_t arguments[APP_ARGUMENTS] = {(uint64_t)(a - applications), a->crashes};
    uint64_t results[APP_RESULTS] = {0};
    struct user user;
    run(a, &user, APP_INIT, arguments, results);
    if (user.end) {
        log("%s %s of service %s crashed in its APP_INIT", a->what, a->name, a->service);
        user_report(&user, a->what, (uint64_t)(a - applications));
    } else if (results[0]) {
        log("%s %s of service %s doesn't start: its APP_INIT says %ld", a->what, a->name, a->service, results[0]);
    }
    return !user.end && !results[0];
}

bool application_start(struct application *a)
{
    const char *wrong = application_load(a);
    if (wrong)
        log("%s %s of service %s can't be loaded: %s", a->what, a->name, a->service, wrong);
    const bool started = !wrong && init(a);
    if (!started)
        application_unload(a);
    lock(&a->lock);
    a->state = started ? APPLICATION_READY : APPLICATION_STOPPED;
    unlock(&a->lock);
    return started;
}
