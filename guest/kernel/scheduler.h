/*
 * Fixed priorities, round-robin among equals, queues by PE. A thread that blocks has its list link in the object that it waits for;
 * who wakes it puts the result into its x0.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H
#include "thread.h"

void scheduler_init(unsigned number);
/* Until: absolute count; FOREVER. When it comes, the thread wakes up with `result`. The queue may be null: a sleep. */
void block(struct thread *thread, struct list *queue, uint64_t until, int64_t result);
/* Out of whatever it waits for, with its x0 as it is. */
void wake(struct thread *thread);
void wake_with(struct thread *thread, int64_t result);
/* Ready, or running already: to the end of its queue. */
void scheduler_yield(struct thread *thread);
void scheduler_set_priority(struct thread *thread, unsigned priority);
void scheduler_move(struct thread *thread, struct pe *to);
/* Take an ended thread out of queues. */
void scheduler_forget(struct thread *thread);
/* Choose the next thread of this PE, waiting for one if there is none, and load what is its own. Its frame. */
struct frame *schedule(void);
/* The virtual timer's interrupt: wake sleepers, end a quantum. */
void scheduler_tick(void);
uint64_t scheduler_switches(void);
/* Counts that a thread runs while others of its priority are ready. */
extern uint64_t scheduler_quantum;

static inline uint64_t clock_now(void)
{
    isb(); /* CNTVCT may be read ahead of program order */
    return read_sysreg(cntvct_el0);
}

#endif
