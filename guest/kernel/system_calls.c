/* The table of system calls (syscall.h). Those about one object are in that object's file. */
#include "system_calls.h"
#include "console.h"
#include "application.h"
#include "board.h"
#include "hyplets.h"
#include "ipc.h"
#include "memory.h"
#include "process.h"
#include "scheduler.h"
#include "secure_call.h"
#include "semaphore.h"
#include "syscall.h"
#include "user_irq.h"

#define WRITE_PART 128
#define WRITE_MAX 1024
#define NAME_AND_ARGUMENT 512

/* x0 to x5 at the call. What it answers goes to x0, unless it blocked the thread: who wakes it says the answer then. */
typedef int64_t system_call(struct thread *self, const uint64_t *x);

static int64_t sys_exit(struct thread *self, const uint64_t *x)
{
    process_end(self->process, (int64_t)x[0]);
    return 0;
}

static int readable(const struct process *process, uint64_t address, uint64_t size)
{
    if (size > USER_END || address > USER_END - size)
        return 0;
    for (uint64_t page = address & ~(PAGE_SIZE - 1); page < address + size; page += PAGE_SIZE)
        if (!user_page(process, page, 0))
            return 0;
    return 1;
}

/* All or nothing, and not for long: the kernel can't be interrupted meanwhile. */
static int64_t sys_write(struct thread *self, const uint64_t *x)
{
    char part[WRITE_PART];
    const uint64_t length = x[1] < WRITE_MAX ? x[1] : WRITE_MAX;
    if (!readable(self->process, x[0], x[1]))
        return ERROR_FAULT;
    for (uint64_t done = 0, size; done < length; done += size) {
        size = length - done < sizeof part ? length - done : sizeof part;
        copy_in(self->process, part, x[0] + done, size);
        console_write(part, size);
    }
    return (int64_t)length;
}

static int64_t sys_yield(struct thread *self, const uint64_t *x)
{
    (void)x;
    scheduler_yield(self);
    return 0;
}

static int64_t sys_sleep(struct thread *self, const uint64_t *x)
{
    if (x[0] > clock_now())
        block(self, 0, x[0], 0);
    return 0;
}

static int64_t sys_map(struct thread *self, const uint64_t *x)
{
    struct address_space *space = &self->process->space;
    if (!x[0] || x[0] > USER_STACK_TOP - USER_STACK_SIZE - space->next_map)
        return ERROR_INVALID;
    const uint64_t size = (x[0] + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    const uint64_t start = space->next_map;
    const int error = region_add(self->process, start, size, REGION_WRITE);
    if (error)
        return error;
    space->next_map += size + PAGE_SIZE; /* the page between two regions stays unmapped */
    return (int64_t)start;
}

static int64_t sys_map_console(struct thread *self, const uint64_t *x)
{
    struct address_space *space = &self->process->space;
    const uint64_t start = space->next_map;
    (void)x;
    if (!board.uart)
        return ERROR_NOT_FOUND;
    const int error = region_add_device(self->process, start, board.uart);
    if (error)
        return error;
    space->next_map += 2 * PAGE_SIZE;
    return (int64_t)start;
}

static int64_t sys_unmap(struct thread *self, const uint64_t *x)
{
    if (hyplets_pin(self->process))
        return ERROR_BUSY;
    return region_remove(self->process, x[0], (x[1] + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
}

/* A string of at most `room` bytes with its 0; 0 or a negative error. */
static int64_t copy_string(struct thread *self, char *to, uint64_t address, uint64_t room)
{
    for (uint64_t n = 0; n < room; n++) {
        if (copy_in(self->process, &to[n], address + n, 1))
            return ERROR_FAULT;
        if (!to[n])
            return 0;
    }
    return ERROR_TOO_LONG;
}

static int64_t sys_spawn(struct thread *self, const uint64_t *x)
{
    char name[NAME_SIZE], argument[NAME_AND_ARGUMENT] = "";
    int64_t error = copy_string(self, name, x[0], sizeof name);
    if (!error && x[1])
        error = copy_string(self, argument, x[1], sizeof argument);
    return error ? error : process_spawn(name, argument, self->process->pid, self->priority);
}

static struct process *child(const struct thread *self, uint64_t pid)
{
    struct process *process = process_find((unsigned)pid);
    return process && pid && process->parent == self->process->pid ? process : 0;
}

static int64_t sys_wait(struct thread *self, const uint64_t *x)
{
    struct process *process = child(self, x[0]);
    if (!process)
        return ERROR_NOT_FOUND;
    if (process->state == PROCESS_ENDED) {
        process_forget(process);
        return process->status;
    }
    block(self, &process->waiters, FOREVER, 0);
    return 0;
}

static int64_t sys_kill(struct thread *self, const uint64_t *x)
{
    struct process *process = child(self, x[0]);
    if (!process)
        return ERROR_NOT_FOUND;
    process_end(process, STATUS_KILLED);
    return 0;
}

static int64_t sys_getpid(struct thread *self, const uint64_t *x)
{
    (void)x;
    return self->process->pid;
}

static int64_t sys_gettid(struct thread *self, const uint64_t *x)
{
    (void)x;
    return self->tid;
}

static int64_t sys_thread_create(struct thread *self, const uint64_t *x)
{
    if (x[3] >= PRIORITY_COUNT || x[2] % 16)
        return ERROR_INVALID;
    struct thread *thread = thread_create(self->process, x[0], x[1], x[2], (unsigned)x[3]);
    if (!thread)
        return ERROR_FULL;
    wake(thread);
    return thread->tid;
}

static int64_t sys_thread_exit(struct thread *self, const uint64_t *x)
{
    (void)x;
    thread_end(self);
    return 0;
}

static struct thread *sibling(struct thread *self, uint64_t tid)
{
    struct thread *thread = tid ? thread_find((unsigned)tid) : self;
    return thread && thread->process == self->process ? thread : 0;
}

static int64_t sys_thread_join(struct thread *self, const uint64_t *x)
{
    struct thread *thread = sibling(self, x[0]);
    if (thread == self)
        return ERROR_INVALID;
    if (thread)
        block(self, &thread->joiners, FOREVER, 0);
    return 0; /* one that isn't there has ended */
}

static int64_t sys_set_priority(struct thread *self, const uint64_t *x)
{
    struct thread *thread = sibling(self, x[0]);
    if (!thread || x[1] >= PRIORITY_COUNT)
        return ERROR_INVALID;
    const unsigned old = thread->priority;
    scheduler_set_priority(thread, (unsigned)x[1]);
    return old;
}

static int64_t sys_set_affinity(struct thread *self, const uint64_t *x)
{
    if (x[0] >= MAX_PES || !pes[x[0]].online || pes[x[0]].leaving)
        return ERROR_INVALID;
    if (self->pe != &pes[x[0]])
        scheduler_move(self, &pes[x[0]]);
    return 0;
}

static int64_t sys_semaphore_open(struct thread *self, const uint64_t *x)
{
    return semaphore_open(self->process, x[0], x[1]);
}

static int64_t sys_semaphore_close(struct thread *self, const uint64_t *x)
{
    return semaphore_close(self->process, x[0]);
}

static int64_t sys_semaphore_wait(struct thread *self, const uint64_t *x)
{
    return semaphore_wait(self, x[0], x[1]);
}

static int64_t sys_semaphore_post(struct thread *self, const uint64_t *x)
{
    return semaphore_post(self->process, x[0]);
}

static int64_t sys_event_catch(struct thread *self, const uint64_t *x)
{
    self->process->caught = x[0];
    return 0;
}

static int64_t sys_event_wait(struct thread *self, const uint64_t *x)
{
    struct process *process = self->process;
    const uint64_t come = process->events & x[0];
    if (come || x[1] <= clock_now()) {
        process->events &= ~come;
        return (int64_t)come;
    }
    self->wait_mask = x[0];
    block(self, &process->event_waiters, x[1], 0);
    return 0;
}

static int64_t sys_event_send(struct thread *self, const uint64_t *x)
{
    (void)self;
    struct process *process = process_find((unsigned)x[0]);
    if (!process || process->state != PROCESS_LIVES)
        return ERROR_NOT_FOUND;
    if (x[1] >= EVENT_FIRST_OF_KERNEL)
        return ERROR_DENIED;
    process_send_events(process, x[1]);
    return 0;
}

static int64_t sys_irq_open(struct thread *self, const uint64_t *x)
{
    return user_irq_open(self->process, x[0], x[1] == IRQ_EDGE);
}

static int64_t sys_irq_wait(struct thread *self, const uint64_t *x)
{
    return user_irq_wait(self, x[0], x[1]);
}

static int64_t sys_irq_close(struct thread *self, const uint64_t *x)
{
    return user_irq_close(self->process, x[0]);
}

static int64_t sys_ipc_call(struct thread *self, const uint64_t *x)
{
    return ipc_call(self, (unsigned)x[0], x[1], x[2], x[3], x[4]);
}

static int64_t sys_ipc_receive(struct thread *self, const uint64_t *x)
{
    return ipc_receive(self, x[0], x[1], x[2]);
}

static int64_t sys_ipc_reply(struct thread *self, const uint64_t *x)
{
    return ipc_reply(self, (unsigned)x[0], x[1], x[2]);
}

static int64_t sys_clock(struct thread *self, const uint64_t *x)
{
    (void)self;
    (void)x;
    return (int64_t)clock_now();
}

/* Whoever has opened the alarm's interrupt may set it, on the same PE. */
static int64_t sys_alarm(struct thread *self, const uint64_t *x)
{
    struct alarm_setup setup;
    if (!user_irq_is_here(self->process, ALARM_INTID))
        return ERROR_DENIED;
    if (!x[0])
        return alarm_start(0);
    return copy_in(self->process, &setup, x[0], sizeof setup) ? ERROR_FAULT : alarm_start(&setup);
}

static unsigned pes_online(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < MAX_PES; n++)
        count += pes[n].online != 0;
    return count;
}

static int64_t sys_info(struct thread *self, const uint64_t *x)
{
    (void)self;
    switch (x[0]) {
    case INFO_FREE_PAGES:
        return (int64_t)pages_free();
    case INFO_PROCESSES:
        return processes_count();
    case INFO_THREADS:
        return threads_count();
    case INFO_SEMAPHORES:
        return semaphores_count();
    case INFO_IRQS:
        return user_irqs_count();
    case INFO_PES:
        return pes_online();
    case INFO_SWITCHES:
        return (int64_t)scheduler_switches();
    default:
        return ERROR_INVALID;
    }
}

static int64_t sys_application(struct thread *self, const uint64_t *x)
{
    return application_control(self, x[0]);
}

static int64_t sys_secure_call(struct thread *self, const uint64_t *x)
{
    return secure_call(self, x[0]);
}

static int64_t sys_hyplet(struct thread *self, const uint64_t *x)
{
    return hyplet_control(self, x[0]);
}

static system_call *const table[SYS_COUNT] = {
    [SYS_EXIT] = sys_exit,
    [SYS_WRITE] = sys_write,
    [SYS_YIELD] = sys_yield,
    [SYS_SLEEP] = sys_sleep,
    [SYS_MAP] = sys_map,
    [SYS_UNMAP] = sys_unmap,
    [SYS_SPAWN] = sys_spawn,
    [SYS_WAIT] = sys_wait,
    [SYS_KILL] = sys_kill,
    [SYS_GETPID] = sys_getpid,
    [SYS_GETTID] = sys_gettid,
    [SYS_THREAD_CREATE] = sys_thread_create,
    [SYS_THREAD_EXIT] = sys_thread_exit,
    [SYS_THREAD_JOIN] = sys_thread_join,
    [SYS_SET_PRIORITY] = sys_set_priority,
    [SYS_SET_AFFINITY] = sys_set_affinity,
    [SYS_SEMAPHORE_OPEN] = sys_semaphore_open,
    [SYS_SEMAPHORE_CLOSE] = sys_semaphore_close,
    [SYS_SEMAPHORE_WAIT] = sys_semaphore_wait,
    [SYS_SEMAPHORE_POST] = sys_semaphore_post,
    [SYS_EVENT_CATCH] = sys_event_catch,
    [SYS_EVENT_WAIT] = sys_event_wait,
    [SYS_EVENT_SEND] = sys_event_send,
    [SYS_IRQ_OPEN] = sys_irq_open,
    [SYS_IRQ_WAIT] = sys_irq_wait,
    [SYS_IRQ_CLOSE] = sys_irq_close,
    [SYS_IPC_CALL] = sys_ipc_call,
    [SYS_IPC_RECEIVE] = sys_ipc_receive,
    [SYS_IPC_REPLY] = sys_ipc_reply,
    [SYS_CLOCK] = sys_clock,
    [SYS_ALARM] = sys_alarm,
    [SYS_INFO] = sys_info,
    [SYS_APPLICATION] = sys_application,
    [SYS_SECURE_CALL] = sys_secure_call,
    [SYS_MAP_CONSOLE] = sys_map_console,
    [SYS_HYPLET] = sys_hyplet,
};

void system_call_serve(struct thread *self)
{
    uint64_t *x = self->frame.x;
    const uint64_t number = x[8];
    const unsigned tid = self->tid;
    const int64_t result = number < SYS_COUNT && table[number] ? table[number](self, x) : ERROR_NO_SYSCALL;
    if (self->tid == tid && self->state != THREAD_FREE && self->state != THREAD_BLOCKED)
        x[0] = (uint64_t)result;
}
