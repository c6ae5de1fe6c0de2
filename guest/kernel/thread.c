#include "thread.h"
#include "interrupts.h"
#include "process.h"
#include "scheduler.h"
#include "syscall.h"

struct thread threads[MAX_THREADS];
static unsigned last_tid;

void threads_init(void)
{
    for (unsigned n = 0; n < MAX_THREADS; n++) {
        list_init(&threads[n].link);
        list_init(&threads[n].siblings);
        list_init(&threads[n].sleepers);
        list_init(&threads[n].joiners);
    }
}

struct thread *thread_create(struct process *process, uint64_t entry, uint64_t argument, uint64_t stack, unsigned priority)
{
    for (unsigned n = 0; n < MAX_THREADS; n++) {
        struct thread *thread = &threads[n];
        if (thread->state != THREAD_FREE)
            continue;
        thread->frame = (struct frame){.x = {argument}, .sp = stack, .pc = entry, .pstate = SPSR_EL0t};
        thread->fp = (struct fp_state){0};
        thread->tls = 0;
        thread->state = THREAD_BLOCKED;
        thread->tid = ++last_tid;
        thread->priority = priority;
        thread->process = process;
        thread->pe = this_pe();
        thread->doomed = 0;
        thread->receiver = 0;
        list_append(&process->threads, &thread->siblings);
        return thread;
    }
    return 0;
}

static int runs_elsewhere(const struct thread *thread)
{
    return thread->pe->current == thread && thread->pe != this_pe();
}

void thread_end(struct thread *thread)
{
    if (runs_elsewhere(thread)) {
        thread->doomed = 1;
        interrupts_send(thread->pe->number, SGI_RESCHEDULE);
        return;
    }
    struct process *process = thread->process;
    scheduler_forget(thread);
    list_remove(&thread->siblings);
    thread->state = THREAD_FREE;
    list_each(at, &thread->joiners)
        wake_with(list_entry(at, struct thread, link), 0);
    if (list_empty(&process->threads))
        process_released(process);
}

struct thread *thread_find(unsigned tid)
{
    for (unsigned n = 0; n < MAX_THREADS; n++)
        if (threads[n].state != THREAD_FREE && threads[n].tid == tid)
            return &threads[n];
    return 0;
}

unsigned threads_count(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < MAX_THREADS; n++)
        count += threads[n].state != THREAD_FREE;
    return count;
}
