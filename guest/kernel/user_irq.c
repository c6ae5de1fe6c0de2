#include "user_irq.h"
#include "interrupts.h"
#include "process.h"
#include "scheduler.h"
#include "syscall.h"

struct user_irq {
    struct process *owner; /* null: closed */
    unsigned pe;
    int edge;
    int masked;
    uint64_t count; /* since the last answer */
    struct list waiters;
};

static struct user_irq irqs[INTERRUPTS_MAX];

void user_irqs_init(void)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++)
        list_init(&irqs[n].waiters);
}

static struct user_irq *opened(const struct process *process, uint64_t intid)
{
    return intid < INTERRUPTS_MAX && irqs[intid].owner == process ? &irqs[intid] : 0;
}

/* SGIs and the scheduler's timer are the kernel's; of the PPIs, the alarm's. */
static int may_open(uint64_t intid)
{
    return intid == ALARM_INTID || (intid >= 32 && intid < interrupts_end());
}

int64_t user_irq_open(struct process *process, uint64_t intid, int edge)
{
    if (!may_open(intid))
        return ERROR_DENIED;
    struct user_irq *irq = &irqs[intid];
    if (irq->owner)
        return ERROR_BUSY;
    irq->owner = process;
    irq->pe = this_pe()->number;
    irq->edge = edge || intid == ALARM_INTID; /* the alarm's own handler silences it */
    irq->masked = 0;
    irq->count = 0;
    if (intid != ALARM_INTID)
        interrupts_configure(irq->pe, (uint32_t)intid, edge);
    interrupts_enable_one(irq->pe, (uint32_t)intid);
    return 0;
}

int64_t user_irq_wait(struct thread *thread, uint64_t intid, uint64_t until)
{
    struct user_irq *irq = opened(thread->process, intid);
    if (!irq)
        return ERROR_INVALID;
    if (irq->count) {
        const uint64_t count = irq->count;
        irq->count = 0;
        return (int64_t)count;
    }
    if (irq->masked) {
        irq->masked = 0;
        interrupts_enable_one(irq->pe, (uint32_t)intid);
    }
    if (until <= clock_now())
        return ERROR_TIMEOUT;
    block(thread, &irq->waiters, until, ERROR_TIMEOUT);
    return 0;
}

int64_t user_irq_close(struct process *process, uint64_t intid)
{
    struct user_irq *irq = opened(process, intid);
    if (!irq)
        return ERROR_INVALID;
    interrupts_disable_one(irq->pe, (uint32_t)intid);
    interrupts_clear_pending(irq->pe, (uint32_t)intid);
    list_each(at, &irq->waiters)
        wake_with(list_entry(at, struct thread, link), ERROR_GONE);
    irq->owner = 0;
    return 0;
}

int user_irq_arrived(uint32_t intid)
{
    if (intid >= INTERRUPTS_MAX || !irqs[intid].owner)
        return 0;
    struct user_irq *irq = &irqs[intid];
    if (!irq->edge) {
        interrupts_disable_one(irq->pe, intid);
        irq->masked = 1;
    }
    irq->count++;
    if (!list_empty(&irq->waiters)) {
        wake_with(list_entry(irq->waiters.next, struct thread, link), (int64_t)irq->count);
        irq->count = 0;
    }
    return 1;
}

void user_irqs_release(struct process *process)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++)
        if (irqs[n].owner == process) {
            if (n == ALARM_INTID)
                alarm_start(0);
            user_irq_close(process, n);
        }
}

unsigned user_irqs_count(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++)
        count += irqs[n].owner != 0;
    return count;
}

int user_irq_is_here(const struct process *process, uint64_t intid)
{
    const struct user_irq *irq = opened(process, intid);
    return irq && irq->pe == this_pe()->number;
}
