/* What the guest kernel asks for on behalf of its processes: NV_HYPLET_. */
#include "events.h"
#include "gicv3.h"
#include "hyplet-tables.h"
#include "interrupts.h"
#include "layout.h"
#include "lock.h"
#include "log.h"
#include "nanovisor.h"
#include "pages.h"
#include "pe.h"
#include "space.h"
#include "stage2.h"
#include "trap.h"

#define DEFAULT_BUDGET_NS 1000000000UL
#define SHORTEST_PERIOD_NS 10000UL
#define STACK_ALIGN 16UL
#define PATIENCE 100000000UL

/* Held while tables change. Who waits for it serves the other PEs meanwhile: the holder may be waiting for us. */
static struct lock calls_lock;

static void calls_lock_take(void)
{
    while (__atomic_exchange_n(&calls_lock.taken, 1, __ATOMIC_ACQUIRE))
        interrupts_poll();
}

static struct space *space_for(uint64_t owner)
{
    struct space *space = space_of(owner);
    if (!space && owner && owner < OWNER_END)
        space = space_new(owner, HYPLET_CLASSIC);
    if (space && !space->budget)
        space->budget = ticks_of_ns(DEFAULT_BUDGET_NS);
    return space;
}

static int64_t set_mode(uint64_t owner, uint64_t mode)
{
    const struct space *old = space_of(owner);
    if (!owner || owner >= OWNER_END || mode > HYPLET_GUARDED)
        return NV_EINVAL;
    if (mode == HYPLET_GUARDED && !vhe)
        return NV_ENOTSUP;
    if (old)
        return old->mode == mode ? NV_OK : NV_EBUSY;
    return space_new(owner, (enum hyplet_mode)mode) ? NV_OK : NV_ENOMEM;
}

/* Not writable and executable at once, neither here nor where it comes from. */
static bool may_map(uint64_t va, uint64_t pa, uint64_t permissions)
{
    const bool writable = stage2_of_el0(va, true) != 0;
    if ((permissions & HYPLET_WRITE) && !writable)
        return false;
    if ((permissions & HYPLET_EXECUTE) && writable)
        return false;
    return stage2_is_ram(pa, PAGE_SIZE);
}

static bool range_valid(uint64_t va, uint64_t size)
{
    return size && va < USER_END && size <= USER_END - va;
}

static int64_t map(uint64_t owner, uint64_t va, uint64_t size, uint64_t permissions)
{
    if (!range_valid(va, size) || permissions > HYPLET_EXECUTE)
        return NV_EINVAL;
    struct space *space = space_for(owner);
    if (!space)
        return NV_ENOMEM;
    int64_t result = NV_OK;
    for (uint64_t at = va & ~(PAGE_SIZE - 1); at < va + size && result == NV_OK; at += PAGE_SIZE) {
        const uint64_t pa = stage2_of_el0(at, false);
        if (!pa || !may_map(at, pa, permissions))
            result = NV_EFAULT;
        else if (!space_map(space, at, pa, (unsigned)permissions))
            result = NV_ENOMEM;
    }
    return result;
}

static int64_t unmap(uint64_t owner, uint64_t va, uint64_t size)
{
    struct space *space = space_of(owner);
    if (!space)
        return NV_ENOENT;
    if (!range_valid(va, size))
        return NV_EINVAL;
    for (uint64_t at = va & ~(PAGE_SIZE - 1); at < va + size; at += PAGE_SIZE)
        space_unmap(space, at);
    return NV_OK;
}

/* The owner's hyplet on that PE, or null with the reason in *error. */
static struct hyplet *find(uint64_t owner, const struct pe *pe, int64_t *error)
{
    struct space *space = pe ? space_for(owner) : 0;
    *error = pe ? NV_ENOMEM : NV_EINVAL;
    if (space && space_ending(space)) {
        *error = NV_EDEAD;
        return 0;
    }
    return space ? hyplet_on(space, pe->index) : 0;
}

static int64_t set_stack(struct hyplet *hyplet, uint64_t address, uint64_t size)
{
    if (!range_valid(address, size) || size < STACK_ALIGN)
        return NV_EINVAL;
    const uint64_t top = (address + size) & ~(STACK_ALIGN - 1);
    if (!space_page(hyplet->space, top - STACK_ALIGN, HYPLET_WRITE))
        return NV_EFAULT;
    hyplet->stack = top;
    return NV_OK;
}

static int64_t set_callback(struct hyplet *hyplet, uint64_t function)
{
    if (!space_page(hyplet->space, function, HYPLET_EXECUTE))
        return NV_EFAULT;
    hyplet->callback = function;
    return NV_OK;
}

static int64_t trap_irq(struct hyplet *hyplet, const struct pe *pe, uint64_t intid, uint64_t path)
{
    if (path != HYPLET_IMO && path != HYPLET_HOOK)
        return NV_EINVAL;
    if (!hyplet->callback || !hyplet->stack)
        return NV_ENOENT;
    if (intid >= FIRST_SPECIAL && intid != HYPLET_ALL_IRQS)
        return NV_EINVAL;
    return hyplet_bind(hyplet, (enum hyplet_path)path, pe->index, intid) ? NV_OK : NV_EBUSY;
}

/* As published, the function is mapped before; here it needn't be the one that interrupts run. */
static int64_t set_rpc(struct hyplet *hyplet, const struct pe *pe, uint64_t function, uint64_t identifier)
{
    struct rpc *fresh = 0;
    if (!space_page(hyplet->space, function, HYPLET_EXECUTE))
        return NV_EFAULT;
    if (!hyplet->stack)
        return NV_ENOENT;
    for (unsigned n = 0; n < RPCS_PER_PE; n++) {
        struct rpc *rpc = &rpcs[pe->index][n];
        if (rpc->hyplet && rpc->identifier == identifier)
            return NV_EBUSY;
        if (!rpc->hyplet && !fresh)
            fresh = rpc;
    }
    if (!fresh)
        return NV_ENOMEM;
    fresh->identifier = identifier;
    fresh->function = function;
    __atomic_store_n(&fresh->hyplet, hyplet, __ATOMIC_RELEASE);
    return NV_OK;
}

static int64_t set_timer(struct hyplet *hyplet, uint64_t first_ns, uint64_t period_ns)
{
    const uint64_t period = ticks_of_ns(period_ns);
    if (!hyplet->callback || !hyplet->stack)
        return NV_ENOENT;
    if (period_ns && period_ns < SHORTEST_PERIOD_NS)
        return NV_EINVAL;
    hyplet->period = period;
    const uint64_t when = first_ns || period ? counter() + ticks_of_ns(first_ns ? first_ns : period_ns) : HYPLET_ALARM_STOP;
    __atomic_store_n(&hyplet->requested, when, __ATOMIC_RELEASE);
    return NV_OK;
}

static int64_t set_offlet(struct hyplet *hyplet, const struct pe *pe, uint64_t function)
{
    if (function && !space_page(hyplet->space, function, HYPLET_EXECUTE))
        return NV_EFAULT;
    if (function && !hyplet->stack)
        return NV_ENOENT;
    if (function && pe->state != PE_OFF)
        return NV_EBUSY;
    __atomic_store_n(&hyplet->offlet, function, __ATOMIC_SEQ_CST);
    return NV_OK;
}

static int64_t set_arguments(struct hyplet *hyplet, const uint64_t *values)
{
    for (unsigned n = 0; n < 4; n++)
        hyplet->arguments[n] = values[n];
    return NV_OK;
}

static int64_t set_budget(uint64_t owner, uint64_t ns)
{
    struct space *space = space_for(owner);
    if (!space)
        return NV_ENOMEM;
    if (!ticks_of_ns(ns))
        return NV_EINVAL;
    space->budget = ticks_of_ns(ns);
    return NV_OK;
}

/* Mark the owner's hyplets; how many there still are. */
static unsigned close_all(const struct space *space)
{
    unsigned count = 0;
    for (unsigned pe = 0; pe < pe_count; pe++)
        for (unsigned n = 0; n < HYPLETS_PER_PE; n++)
            if (__atomic_load_n(&hyplets[pe][n].space, __ATOMIC_ACQUIRE) == space) {
                hyplets[pe][n].closing = true;
                count++;
            }
    return count;
}

static int64_t reset(uint64_t owner)
{
    struct space *space = owner < OWNER_END ? space_of(owner) : 0;
    if (!space)
        return NV_OK;
    __atomic_store_n(&space->ending, 1, __ATOMIC_SEQ_CST);
    close_all(space);
    for (unsigned pe = 0; pe < pe_count; pe++)
        if (pe != this_pe()->index && pes[pe].state != PE_ABSENT)
            gicv3_kick(pe);
    for (uint64_t turns = 0; close_all(space) && turns < PATIENCE; turns++)
        interrupts_poll();
    space_delete(space);
    events_forget(owner);
    return NV_OK;
}

/* Calls about one hyplet. */
static int64_t change(struct hyplet *hyplet, const struct pe *pe, const uint64_t *x)
{
    switch (x[0]) {
    case NV_HYPLET_STACK:
        return set_stack(hyplet, x[3], x[4]);
    case NV_HYPLET_CALLBACK:
        return set_callback(hyplet, x[3]);
    case NV_HYPLET_TRAP:
        return trap_irq(hyplet, pe, x[3], x[4]);
    case NV_HYPLET_UNTRAP:
        return hyplet_unbind(hyplet, pe->index, x[3]) ? NV_OK : NV_ENOENT;
    case NV_HYPLET_RPC:
        return set_rpc(hyplet, pe, x[3], x[4]);
    case NV_HYPLET_TIMER:
        return set_timer(hyplet, x[3], x[4]);
    case NV_HYPLET_OFFLET:
        return set_offlet(hyplet, pe, x[3]);
    default:
        return set_arguments(hyplet, &x[3]);
    }
}

static int64_t change_on_pe(const uint64_t *x)
{
    int64_t error;
    const struct pe *pe = pe_named((int64_t)x[2]);
    struct hyplet *hyplet = find(x[1], pe, &error);
    if (!hyplet)
        return error;
    const int64_t result = change(hyplet, pe, x);
    if (pe == this_pe())
        interrupts_poll(); /* timers and the routing of BRK are set by the PE itself */
    else
        gicv3_kick(pe->index);
    return result;
}

static int64_t change_owner(const uint64_t *x)
{
    switch (x[0]) {
    case NV_HYPLET_MODE:
        return set_mode(x[1], x[2]);
    case NV_HYPLET_MAP:
        return map(x[1], x[2], x[3], x[4]);
    case NV_HYPLET_UNMAP:
        return unmap(x[1], x[2], x[3]);
    case NV_HYPLET_BUDGET:
        return set_budget(x[1], x[2]);
    case NV_HYPLET_RESET:
        return reset(x[1]);
    default:
        return change_on_pe(x);
    }
}

/* Run it now, for its owner. */
static void execute(uint64_t *x)
{
    int64_t error;
    struct pe *pe = pe_named((int64_t)x[2]);
    struct hyplet *hyplet = pe == this_pe() && space_of(x[1]) ? find(x[1], pe, &error) : 0;
    const bool ready = hyplet && hyplet->callback && hyplet->stack;
    x[0] = (uint64_t)NV_ENOENT;
    if (ready)
        x[0] = (uint64_t)(hyplets_execute(hyplet, &x[1]) ? NV_OK : NV_EDEAD);
}

static void status(uint64_t *x)
{
    const struct space *space = space_of(x[1]);
    if (!space) {
        x[0] = (uint64_t)NV_ENOENT;
        return;
    }
    x[0] = space->runs;
    x[1] = space_ending(space);
    x[2] = space->pages;
}

bool hyplets_serve(struct frame *frame)
{
    uint64_t *x = frame->x;
    if (x[0] < NV_PAGES && x[0] != NV_HYPLET_HOOK && (!x[1] || x[1] >= OWNER_END)) {
        x[0] = (uint64_t)NV_EINVAL;
        return true;
    }
    switch (x[0]) {
    case NV_HYPLET_HOOK:
        x[0] = hyplets_hook((uint32_t)x[1]);
        return true;
    case NV_HYPLET_EXECUTE:
        execute(x);
        return true;
    case NV_HYPLET_STATUS:
        status(x);
        return true;
    case NV_PAGES:
        x[0] = pages_available();
        x[1] = spaces_count();
        x[2] = hyplet_bindings();
        x[3] = stage2_tables();
        return true;
    default:
        if (x[0] > NV_PAGES)
            return false;
        calls_lock_take();
        x[0] = (uint64_t)change_owner(x);
        unlock(&calls_lock);
        return true;
    }
}
