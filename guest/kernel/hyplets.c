#include "hyplets.h"
#include "hyplet.h"
#include "hypercall.h"
#include "interrupts.h"
#include "memory.h"
#include "mmu.h"
#include "nanovisor.h"
#include "print.h"
#include "process.h"
#include "psci_call.h"
#include "scheduler.h"
#include "syscall.h"

/* Bindings of generation 2: how many, by INTID and PE; all interrupts have an entry of their own. */
static uint8_t hooks[INTERRUPTS_MAX + 1][MAX_PES];

static uint8_t *hook_for(int irq, unsigned pe)
{
    if (irq == HYPLET_ALL_IRQS)
        return &hooks[INTERRUPTS_MAX][pe];
    return irq >= 0 && irq < (int)INTERRUPTS_MAX ? &hooks[irq][pe] : 0;
}

static int64_t pe_for(int cpu)
{
    return cpu < 0 ? (int64_t)this_pe()->number : cpu < MAX_PES && pes[cpu].stack_top ? cpu : ERROR_INVALID;
}

static unsigned nanovisor_access(const struct region *region)
{
    return (region->access & REGION_WRITE ? HYPLET_WRITE : 0) | (region->access & REGION_EXECUTE ? HYPLET_EXECUTE : 0);
}

static int64_t map_part(struct process *process, const struct region *region, uint64_t start, uint64_t end)
{
    return hypercall(NV_HYPLET_MAP, process->pid, start, end - start, nanovisor_access(region));
}

/* Whether regions hold all of it. */
static int all_mapped(struct process *process, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end;) {
        const struct region *region = region_find(process, at);
        if (!region)
            return 0;
        at = region->end;
    }
    return 1;
}

/* A range, region by region, each part with its region's permissions. */
static int64_t map_range(struct process *process, uint64_t address, int64_t size)
{
    if (size <= 0 || address >= USER_END || (uint64_t)size > USER_END - address)
        return ERROR_INVALID;
    const uint64_t end = (address + (uint64_t)size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (!all_mapped(process, address & ~(PAGE_SIZE - 1), end))
        return ERROR_FAULT;
    for (uint64_t at = address & ~(PAGE_SIZE - 1); at < end;) {
        const struct region *region = region_find(process, at);
        const uint64_t part_end = region->end < end ? region->end : end;
        const int64_t error = map_part(process, region, at, part_end);
        if (error < 0)
            return error;
        at = part_end;
    }
    return 0;
}

static int64_t map_region(struct process *process, uint64_t address)
{
    const struct region *region = region_find(process, address);
    return region ? map_part(process, region, region->start, region->end) : ERROR_FAULT;
}

static int64_t map_all(struct process *process)
{
    for (unsigned n = 0; n < MAX_REGIONS; n++) {
        const struct region *region = &process->space.regions[n];
        const int64_t error = region->end && !(region->access & REGION_DEVICE) ? map_part(process, region, region->start, region->end) : 0;
        if (error < 0)
            return error;
    }
    return 0;
}

static int64_t map_stack(struct process *process, uint64_t pe, uint64_t address, int size)
{
    const int64_t error = map_range(process, address, size);
    return error < 0 ? error : hypercall(NV_HYPLET_STACK, process->pid, pe, address, (uint64_t)size);
}

static int64_t trap(struct process *process, uint64_t pe, int irq, int path)
{
    uint8_t *hook = hook_for(irq, (unsigned)pe);
    if (!hook)
        return ERROR_INVALID;
    path = path ? path : HYPLET_IMO;
    const int64_t error = hypercall(NV_HYPLET_TRAP, process->pid, pe, (uint64_t)irq, (uint64_t)path);
    if (error >= 0 && path == HYPLET_HOOK)
        *hook = 1;
    return error;
}

static int64_t untrap(struct process *process, uint64_t pe, int irq)
{
    uint8_t *hook = hook_for(irq, (unsigned)pe);
    if (!hook)
        return ERROR_INVALID;
    const int64_t error = hypercall(NV_HYPLET_UNTRAP, process->pid, pe, (uint64_t)irq);
    if (error >= 0)
        *hook = 0;
    return error;
}

/* A wake-up that found nobody waiting is kept for who comes next; a later one replaces it. */
static int64_t wait(struct thread *thread, uint64_t pe, int timeout_ms)
{
    struct process *process = thread->process;
    if (process->hyplet_woke & BIT(pe)) {
        process->hyplet_woke &= ~BIT(pe);
        return process->hyplet_results[pe];
    }
    const uint64_t until = timeout_ms < 0 ? FOREVER : clock_now() + (uint64_t)timeout_ms * read_sysreg(cntfrq_el0) / 1000;
    thread->wait_pe = pe;
    block(thread, &process->hyplet_waiters, until, ERROR_TIMEOUT);
    return 0;
}

/* Only a PE that has no threads can go. It turns itself off when it is idle, and wakes us up just before. */
static int64_t drop(struct thread *thread, struct pe *pe)
{
    if (pe == this_pe() || !pe->online || pe->leaving)
        return ERROR_INVALID;
    for (unsigned n = 0; n < MAX_THREADS; n++)
        if (threads[n].state != THREAD_FREE && threads[n].pe == pe)
            return ERROR_BUSY;
    pe->leaving = 1;
    pe->dropped_by = thread->process->pid;
    block(thread, &pe->droppers, FOREVER, 0);
    interrupts_send(pe->number, SGI_RESCHEDULE);
    return 0;
}

/* Who dropped the PE has it; it may be on its last steps to CPU_OFF, for which it needs nothing of ours. */
static int64_t offlet(struct process *process, struct pe *pe, uint64_t function)
{
    if (pe->online || pe->dropped_by != process->pid)
        return ERROR_DENIED;
    process->hyplet_woke &= ~BIT(pe->number);
    while (psci_is_on(pe->number))
        ;
    return hypercall(NV_HYPLET_OFFLET, process->pid, pe->number, function);
}

static void bring_back(struct pe *pe)
{
    while (psci_is_on(pe->number))
        ;
    const int64_t error = psci_cpu_on(pe->number);
    if (error)
        print("kernel: PE %u doesn't come back: PSCI says %ld\n", pe->number, error);
}

static int64_t stop_offlet(const struct process *process, struct pe *pe)
{
    if (pe->online || pe->dropped_by != process->pid)
        return ERROR_DENIED;
    const int64_t error = hypercall(NV_HYPLET_OFFLET, process->pid, pe->number, 0);
    if (error < 0)
        return error;
    bring_back(pe);
    pe->dropped_by = 0;
    return 0;
}

static int64_t execute(struct process *process, uint64_t pe)
{
    const struct hypercall_result result = hypercall_results(NV_HYPLET_EXECUTE, (struct hypercall_arguments){{process->pid, pe}});
    return (int64_t)result.x[0] < 0 ? (int64_t)result.x[0] : (int64_t)result.x[1];
}

/* The caller's own pages, one by one: they aren't together in memory. */
static int64_t watch(struct process *process, uint64_t address, int size, int kind)
{
    if (address % PAGE_SIZE || size <= 0 || (uint64_t)size % PAGE_SIZE || address >= USER_END || (uint64_t)size > USER_END - address)
        return ERROR_INVALID;
    const uint64_t end = address + (uint64_t)size;
    int64_t error = all_mapped(process, address, end) ? 0 : ERROR_FAULT;
    process->has_watched |= kind != NV_WATCH_OPEN;
    for (uint64_t at = address; at < end && error >= 0; at += PAGE_SIZE) {
        const void *page = user_page(process, at, 1);
        error = page ? hypercall(NV_WATCH, physical(page), PAGE_SIZE, (uint64_t)kind) : ERROR_FAULT;
    }
    return error;
}

static int64_t acquire(const struct process *process, uint64_t address, uint64_t to)
{
    const void *page = user_page(process, address, 0), *copy = user_page(process, to, 1);
    if (address % PAGE_SIZE || to % PAGE_SIZE)
        return ERROR_INVALID;
    return page && copy ? hypercall(NV_ACQUIRE, physical(page), physical(copy)) : ERROR_FAULT;
}

/* One of the results of a call that has several; of addresses, which are the kernel's affair, the offset in the page. */
static int64_t one_of(uint64_t function, int which)
{
    const struct hypercall_result result = hypercall_results(function, (struct hypercall_arguments){{0}});
    if (which < 0 || which > 3)
        return ERROR_INVALID;
    const int address = function == NV_WATCH_STATUS && which == 1;
    return (int64_t)(address ? result.x[which] % PAGE_SIZE : result.x[which]);
}

static int64_t perform(struct thread *thread, const struct hyplet_ctrl *ctrl)
{
    struct process *process = thread->process;
    const int64_t pe = pe_for(ctrl->cpu);
    if (pe < 0)
        return pe;
    const uint64_t pid = process->pid, at = (uint64_t)pe;
    switch (ctrl->cmd) {
    case HYPLET_SET_MODE:
        return hypercall(NV_HYPLET_MODE, pid, (uint64_t)ctrl->mode);
    case HYPLET_MAP:
        return map_range(process, ctrl->map_addr.addr, ctrl->map_addr.size);
    case HYPLET_MAP_VMA:
        return map_region(process, ctrl->map_addr.addr);
    case HYPLET_MAP_ALL:
        return map_all(process);
    case HYPLET_UNMAP:
        return hypercall(NV_HYPLET_UNMAP, pid, ctrl->map_addr.addr, (uint64_t)ctrl->map_addr.size);
    case HYPLET_MAP_STACK:
        return map_stack(process, at, ctrl->map_addr.addr, ctrl->map_addr.size);
    case HYPLET_SET_CALLBACK:
        return hypercall(NV_HYPLET_CALLBACK, pid, at, (uint64_t)ctrl->rpc_set.func_addr);
    case HYPLET_SET_RPC:
        return hypercall(NV_HYPLET_RPC, pid, at, (uint64_t)ctrl->rpc_set.func_addr, (uint64_t)ctrl->rpc_set.func_id);
    case HYPLET_TRAP_IRQ:
        return trap(process, at, ctrl->irq, ctrl->path);
    case HYPLET_IMP_TIMER:
        return trap(process, at, HYPLET_ALL_IRQS, ctrl->path);
    case HYPLET_UNTRAP_IRQ:
        return untrap(process, at, ctrl->irq);
    case HYPLET_SET_TIMER:
        return hypercall(NV_HYPLET_TIMER, pid, at, ctrl->timer.first_ns, ctrl->timer.period_ns);
    case HYPLET_SET_BUDGET:
        return hypercall(NV_HYPLET_BUDGET, pid, ctrl->timer.first_ns);
    case HYPLET_SET_ARGUMENTS:
        return hypercall(NV_HYPLET_ARGUMENTS, pid, at, ctrl->arguments[0], ctrl->arguments[1], ctrl->arguments[2], ctrl->arguments[3]);
    case HYPLET_EXECUTE_CALLBACK:
        return execute(process, at);
    case HYPLET_WAIT:
        return wait(thread, at, ctrl->timeout_ms);
    case HYPLET_DROP_CPU:
        return drop(thread, &pes[at]);
    case HYPLET_OFFLET_SET_CALLBACK:
        return offlet(process, &pes[at], (uint64_t)ctrl->rpc_set.func_addr);
    case HYPLET_OFFLET_STOP:
        return stop_offlet(process, &pes[at]);
    case HYPLET_WATCH:
        return watch(process, ctrl->map_addr.addr, ctrl->map_addr.size, ctrl->irq);
    case HYPLET_WATCH_STATUS:
        return one_of(NV_WATCH_STATUS, ctrl->irq);
    case HYPLET_ACQUIRE:
        return acquire(process, ctrl->map_addr.addr, ctrl->arguments[0]);
    case HYPLET_RESOURCES:
        return one_of(NV_PAGES, ctrl->irq);
    default:
        return ERROR_INVALID;
    }
}

int64_t hyplet_control(struct thread *thread, uint64_t address)
{
    struct hyplet_ctrl ctrl;
    if (!hypercalls_available())
        return ERROR_NO_NANOVISOR;
    if (copy_in(thread->process, &ctrl, address, sizeof ctrl))
        return ERROR_FAULT;
    thread->process->has_hyplets = 1;
    return perform(thread, &ctrl);
}

int hyplets_pin(const struct process *process)
{
    return process->has_hyplets;
}

static void report_end(const struct process *process, const struct hypercall_result *event)
{
    static const char *const causes[] = {"?", "fault", "system call", "budget", "reset"};
    const uint64_t cause = event->x[2] <= HYPLET_END_RESET ? event->x[2] : 0;
    print("kernel: hyplet of process %u (%s) ended: %s", process->pid, process->name, causes[cause]);
    if (cause == HYPLET_END_FAULT || cause == HYPLET_END_SYSCALL) /* an interrupt found the others just anywhere */
        print(", ESR %lx, pc %lx, address %lx", event->x[3], event->x[4], event->x[5]);
    print("\n");
}

static void wake_waiters(struct process *process, uint64_t pe, int64_t result)
{
    int found = 0;
    list_each(at, &process->hyplet_waiters) {
        struct thread *thread = list_entry(at, struct thread, link);
        if (thread->wait_pe != pe)
            continue;
        wake_with(thread, result);
        found = 1;
    }
    if (!found) {
        process->hyplet_results[pe] = result;
        process->hyplet_woke |= BIT(pe);
    }
}

void hyplets_events(void)
{
    for (;;) {
        const struct hypercall_result event = hypercall_results(NV_EVENT, (struct hypercall_arguments){{0}});
        if ((int64_t)event.x[0] <= NV_EVENT_NONE)
            return;
        struct process *process = process_find((unsigned)event.x[1]);
        if (!process || process->state != PROCESS_LIVES)
            continue;
        if (event.x[0] == NV_EVENT_WAKE) {
            wake_waiters(process, event.x[2], (int64_t)event.x[3]);
        } else if (event.x[0] == NV_EVENT_ENDED) {
            report_end(process, &event);
            for (unsigned pe = 0; pe < MAX_PES; pe++)
                wake_waiters(process, pe, ERROR_GONE);
            process_send_events(process, EVENT_HYPLET_DIED);
        }
    }
}

void hyplets_hook(uint32_t intid)
{
    const unsigned pe = this_pe()->number;
    if (intid < INTERRUPTS_MAX && (hooks[intid][pe] | hooks[INTERRUPTS_MAX][pe]))
        (void)hypercall(NV_HYPLET_HOOK, intid);
}

/* Pages that it has closed, and copies that nobody fetched. */
static void open_watched(struct process *process)
{
    for (unsigned n = 0; n < MAX_REGIONS && process->has_watched; n++) {
        const struct region *region = &process->space.regions[n];
        for (uint64_t at = region->start; at < region->end; at += PAGE_SIZE)
            (void)hypercall(NV_WATCH, physical(user_page(process, at, 0)), PAGE_SIZE, NV_WATCH_OPEN);
    }
    process->has_watched = 0;
}

void hyplets_release(struct process *process)
{
    if (!process->has_hyplets)
        return;
    open_watched(process);
    (void)hypercall(NV_HYPLET_RESET, process->pid);
    process->has_hyplets = 0;
    for (unsigned n = 0; n < MAX_PES; n++) {
        if (pes[n].dropped_by != process->pid)
            continue;
        if (pes[n].online)
            pes[n].leaving = 0;
        else
            bring_back(&pes[n]);
        pes[n].dropped_by = 0;
    }
}
