#include "process.h"
#include "hyplets.h"
#include "ipc.h"
#include "program.h"
#include "psci_call.h"
#include "print.h"
#include "scheduler.h"
#include "semaphore.h"
#include "syscall.h"
#include "user_irq.h"

struct process processes[MAX_PROCESSES];
static unsigned last_pid;

void processes_init(void)
{
    for (unsigned n = 0; n < MAX_PROCESSES; n++)
        processes[n].asid = n + 1; /* ASIDs have 8 bits at least; 0 is nobody's */
}

static struct process *free_process(void)
{
    for (unsigned n = 0; n < MAX_PROCESSES; n++)
        if (processes[n].state == PROCESS_FREE)
            return &processes[n];
    return 0;
}

static void set_name(struct process *process, const char *name)
{
    unsigned n = 0;
    for (; name[n] && n < NAME_SIZE - 1; n++)
        process->name[n] = name[n];
    process->name[n] = 0;
}

static struct process *create(const char *name, unsigned parent)
{
    struct process *process = free_process();
    if (!process)
        return 0;
    const unsigned asid = process->asid;
    *process = (struct process){.state = PROCESS_LIVES, .pid = ++last_pid, .asid = asid, .parent = parent};
    set_name(process, name);
    list_init(&process->threads);
    list_init(&process->waiters);
    list_init(&process->event_waiters);
    list_init(&process->callers);
    list_init(&process->taken);
    list_init(&process->receivers);
    list_init(&process->hyplet_waiters);
    return process;
}

int64_t process_spawn(const char *program, const char *argument, unsigned parent, unsigned priority)
{
    struct process *process = create(program, parent);
    if (!process)
        return ERROR_FULL;
    uint64_t entry, argument_at;
    int64_t error = address_space_create(process);
    if (!error)
        error = program_load(process, program, argument, &entry, &argument_at);
    struct thread *thread = error ? 0 : thread_create(process, entry, argument_at, argument_at & ~15UL, priority);
    if (thread) {
        wake(thread);
        return process->pid;
    }
    address_space_destroy(process);
    process->state = PROCESS_FREE;
    return error ? error : ERROR_FULL;
}

struct process *process_find(unsigned pid)
{
    for (unsigned n = 0; n < MAX_PROCESSES; n++)
        if (processes[n].state != PROCESS_FREE && processes[n].pid == pid)
            return &processes[n];
    return 0;
}

void process_end(struct process *process, int64_t status)
{
    if (process->state != PROCESS_LIVES)
        return;
    if (!process->has_status) {
        process->status = status;
        process->has_status = 1;
    }
    list_each(at, &process->threads)
        thread_end(list_entry(at, struct thread, siblings));
}

/* Children that nobody will wait for any more. */
static void orphan_children(unsigned pid)
{
    for (unsigned n = 0; n < MAX_PROCESSES; n++)
        if (processes[n].state != PROCESS_FREE && processes[n].parent == pid) {
            processes[n].parent = 0;
            if (processes[n].state == PROCESS_ENDED)
                process_forget(&processes[n]);
        }
}

static void tell_parent(struct process *process)
{
    struct process *parent = process_find(process->parent);
    if (!parent || parent->state != PROCESS_LIVES) {
        process_forget(process);
        return;
    }
    process_send_events(parent, EVENT_CHILD_ENDED);
    const int awaited = !list_empty(&process->waiters);
    list_each(at, &process->waiters)
        wake_with(list_entry(at, struct thread, link), process->status);
    if (awaited)
        process_forget(process);
}

void process_released(struct process *process)
{
    process->state = PROCESS_ENDED;
    hyplets_release(process);
    user_irqs_release(process);
    semaphores_release(process);
    ipc_release(process);
    address_space_destroy(process);
    orphan_children(process->pid);
    if (process->pid == 1) {
        print("kernel: init ended with status %ld\n", process->status);
        psci_system_off();
    }
    tell_parent(process);
}

void process_forget(struct process *process)
{
    process->state = PROCESS_FREE;
}

/* The threads that wait for one of these events get what there is; the rest waits for somebody to ask. */
void process_send_events(struct process *process, uint64_t events)
{
    if (events & EVENT_HYPLET_DIED & ~process->caught) {
        process_end(process, STATUS_HYPLET_DIED);
        return;
    }
    process->events |= events;
    list_each(at, &process->event_waiters) {
        struct thread *thread = list_entry(at, struct thread, link);
        const uint64_t come = process->events & thread->wait_mask;
        if (!come)
            continue;
        process->events &= ~come;
        wake_with(thread, (int64_t)come);
    }
}

unsigned processes_count(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < MAX_PROCESSES; n++)
        count += processes[n].state != PROCESS_FREE;
    return count;
}
