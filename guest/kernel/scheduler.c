#include "scheduler.h"
#include "address_space.h"
#include "fp.h"
#include "interrupts.h"
#include "lock.h"
#include "print.h"
#include "process.h"
#include "psci_call.h"
#include "syscall.h"

struct pe pes[MAX_PES];
uint64_t scheduler_quantum;
static uint64_t switches;

void scheduler_init(unsigned number)
{
    struct pe *pe = &pes[number];
    pe->number = number;
    pe->timer = FOREVER;
    pe->current = 0;
    pe->fp_owner = pe->loaded = 0;
    list_init(&pe->sleepers);
    list_init(&pe->droppers);
    for (unsigned n = 0; n < PRIORITY_COUNT; n++)
        list_init(&pe->ready[n]);
}

static void queue(struct thread *thread, int first)
{
    struct pe *pe = thread->pe;
    thread->state = THREAD_READY;
    if (first)
        list_prepend(&pe->ready[thread->priority], &thread->link);
    else
        list_append(&pe->ready[thread->priority], &thread->link);
    pe->ready_mask |= 1u << thread->priority;
}

static void unqueue(struct thread *thread)
{
    list_remove(&thread->link);
    if (list_empty(&thread->pe->ready[thread->priority]))
        thread->pe->ready_mask &= ~(1u << thread->priority);
}

/* Another PE looks at its queues when it is interrupted, if that would change what it does. */
static void notify(struct pe *pe, unsigned priority)
{
    if (pe != this_pe() && (!pe->current || pe->current->priority <= priority))
        interrupts_send(pe->number, SGI_RESCHEDULE);
}

void block(struct thread *thread, struct list *where, uint64_t until, int64_t result)
{
    thread->state = THREAD_BLOCKED;
    if (thread->pe->current == thread)
        thread->pe->current = 0;
    if (where)
        list_append(where, &thread->link);
    if (until == FOREVER)
        return;
    thread->wake_at = until;
    thread->wake_result = (uint64_t)result;
    struct list *place = thread->pe->sleepers.next;
    while (place != &thread->pe->sleepers && list_entry(place, struct thread, sleepers)->wake_at <= until)
        place = place->next;
    list_insert_before(place, &thread->sleepers);
}

void wake(struct thread *thread)
{
    list_remove(&thread->link);
    list_remove(&thread->sleepers);
    queue(thread, 0);
    notify(thread->pe, thread->priority);
}

void wake_with(struct thread *thread, int64_t result)
{
    thread->frame.x[0] = (uint64_t)result;
    wake(thread);
}

void scheduler_yield(struct thread *thread)
{
    struct pe *pe = thread->pe;
    if (pe->current == thread)
        pe->current = 0;
    queue(thread, 0);
}

void scheduler_set_priority(struct thread *thread, unsigned priority)
{
    if (thread->state == THREAD_READY) {
        unqueue(thread);
        thread->priority = priority;
        queue(thread, 0);
        notify(thread->pe, priority);
    } else {
        thread->priority = priority;
        if (thread->state == THREAD_RUNNING)
            notify(thread->pe, PRIORITY_COUNT);
    }
}

/* What is in registers of this PE while the thread runs, beside its frame. */
static void unload(struct pe *pe)
{
    if (pe->loaded)
        pe->loaded->tls = read_sysreg(tpidr_el0);
    pe->loaded = 0;
}

void scheduler_move(struct thread *thread, struct pe *to)
{
    fp_save(thread);
    if (thread->pe->loaded == thread)
        unload(thread->pe);
    if (thread->pe->current == thread)
        thread->pe->current = 0;
    thread->pe = to;
    queue(thread, 0);
    notify(to, thread->priority);
}

void scheduler_forget(struct thread *thread)
{
    if (thread->state == THREAD_READY)
        unqueue(thread);
    list_remove(&thread->link);
    list_remove(&thread->sleepers);
    for (unsigned n = 0; n < MAX_PES; n++) {
        if (pes[n].current == thread)
            pes[n].current = 0;
        if (pes[n].loaded == thread)
            pes[n].loaded = 0;
        if (pes[n].fp_owner == thread)
            pes[n].fp_owner = 0;
    }
}

void scheduler_tick(void)
{
    struct pe *pe = this_pe();
    const uint64_t now = clock_now();
    while (!list_empty(&pe->sleepers)) {
        struct thread *first = list_entry(pe->sleepers.next, struct thread, sleepers);
        if (first->wake_at > now)
            break;
        wake_with(first, (int64_t)first->wake_result);
    }
    if (pe->current && now >= pe->quantum_end) {
        if (pe->ready_mask >> pe->current->priority & 1)
            scheduler_yield(pe->current);
        else
            pe->quantum_end = FOREVER;
    }
    /* Level-sensitive: the next thread's time, or none, takes the interrupt away. */
    pe->timer = FOREVER;
    write_sysreg(cntv_ctl_el0, 0);
    isb();
}

/* No periodic tick: the timer fires for the first sleeper, or for the quantum when others of the same priority wait. */
static void set_timer(struct pe *pe)
{
    uint64_t at = FOREVER;
    if (!list_empty(&pe->sleepers))
        at = list_entry(pe->sleepers.next, struct thread, sleepers)->wake_at;
    if (pe->current && (pe->ready_mask >> pe->current->priority & 1)) {
        if (pe->quantum_end == FOREVER)
            pe->quantum_end = clock_now() + scheduler_quantum;
        if (pe->quantum_end < at)
            at = pe->quantum_end;
    }
    if (at == pe->timer)
        return;
    pe->timer = at;
    if (at != FOREVER)
        write_sysreg(cntv_cval_el0, at);
    write_sysreg(cntv_ctl_el0, at != FOREVER ? BIT(0) : 0);
    isb();
}

static void load(struct pe *pe, struct thread *thread)
{
    address_space_use(pe, thread->process);
    if (pe->loaded == thread)
        return;
    unload(pe);
    pe->loaded = thread;
    write_sysreg(tpidr_el0, thread->tls);
    fp_switch(pe, thread);
    switches++;
}

/* Doesn't return unless PSCI refuses: else PSCI starts the PE anew in kernel_secondary(). */
static void leave(struct pe *pe)
{
    pe->leaving = pe->online = 0;
    list_each(at, &pe->droppers)
        wake_with(list_entry(at, struct thread, link), 0);
    unlock();
    const int64_t error = psci_cpu_off();
    lock();
    print("kernel: PE %u doesn't go off: PSCI says %ld\n", pe->number, error);
    pe->online = 1;
}

static void idle(struct pe *pe)
{
    address_space_use(pe, 0);
    set_timer(pe);
    if (pe->leaving)
        leave(pe);
    unlock();
    wfi(); /* wakes up for an interrupt though it is masked */
    lock();
    interrupts_serve();
}

/* The highest ready thread; the current one goes on if there is none above it. */
static void choose(struct pe *pe)
{
    while (!pe->current && !pe->ready_mask)
        idle(pe);
    const int highest = pe->ready_mask ? 31 - __builtin_clz(pe->ready_mask) : -1;
    if (pe->current && (int)pe->current->priority >= highest)
        return;
    if (pe->current)
        queue(pe->current, 1);
    pe->current = list_entry(pe->ready[highest].next, struct thread, link);
    unqueue(pe->current);
    pe->current->state = THREAD_RUNNING;
    pe->quantum_end = FOREVER;
}

struct frame *schedule(void)
{
    struct pe *pe = this_pe();
    for (;;) {
        choose(pe);
        if (!pe->current->doomed)
            break;
        thread_end(pe->current);
    }
    set_timer(pe);
    load(pe, pe->current);
    return &pe->current->frame;
}

uint64_t scheduler_switches(void)
{
    return switches;
}
