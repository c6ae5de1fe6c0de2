#include "ipc.h"
#include "process.h"
#include "scheduler.h"
#include "syscall.h"

/* Copy the caller's message to the receiver; what the receiver's SYS_IPC_RECEIVE answers. The caller hears of its own errors. */
static int64_t deliver(struct thread *caller, struct thread *receiver)
{
    if (caller->length > receiver->room)
        return ERROR_TOO_LONG;
    if (copy_across(receiver->process, receiver->buffer, caller->process, caller->message, caller->length))
        return ERROR_FAULT;
    receiver->frame.x[1] = caller->tid;
    return (int64_t)caller->length;
}

static void taken(struct thread *caller, struct process *by)
{
    caller->receiver = by->pid;
    list_remove(&caller->link);
    list_append(&by->taken, &caller->link);
}

int64_t ipc_call(struct thread *caller, unsigned pid, uint64_t message, uint64_t length, uint64_t answer, uint64_t room)
{
    struct process *to = process_find(pid);
    if (!to || to->state != PROCESS_LIVES)
        return ERROR_NOT_FOUND;
    if (length > MESSAGE_MAX)
        return ERROR_TOO_LONG;
    caller->message = message;
    caller->length = length;
    caller->buffer = answer;
    caller->room = room;
    caller->receiver = 0;
    if (list_empty(&to->receivers)) {
        block(caller, &to->callers, FOREVER, 0);
        return 0;
    }
    struct thread *receiver = list_entry(to->receivers.next, struct thread, link);
    const int64_t result = deliver(caller, receiver);
    if (result < 0)
        return result;
    block(caller, &to->taken, FOREVER, 0);
    caller->receiver = to->pid;
    wake_with(receiver, result);
    return 0;
}

int64_t ipc_receive(struct thread *receiver, uint64_t buffer, uint64_t room, uint64_t until)
{
    struct process *process = receiver->process;
    receiver->buffer = buffer;
    receiver->room = room;
    while (!list_empty(&process->callers)) {
        struct thread *caller = list_entry(process->callers.next, struct thread, link);
        const int64_t result = deliver(caller, receiver);
        if (result >= 0) {
            taken(caller, process);
            return result;
        }
        wake_with(caller, result);
    }
    if (until <= clock_now())
        return ERROR_TIMEOUT;
    block(receiver, &process->receivers, until, ERROR_TIMEOUT);
    return 0;
}

int64_t ipc_reply(struct thread *replier, unsigned tid, uint64_t answer, uint64_t length)
{
    struct thread *caller = thread_find(tid);
    if (!caller || caller->state != THREAD_BLOCKED || caller->receiver != replier->process->pid)
        return ERROR_NOT_FOUND;
    if (length > caller->room)
        return ERROR_TOO_LONG;
    if (copy_across(caller->process, caller->buffer, replier->process, answer, length))
        return ERROR_FAULT;
    caller->receiver = 0;
    wake_with(caller, (int64_t)length);
    return 0;
}

void ipc_release(struct process *process)
{
    list_each(at, &process->callers)
        wake_with(list_entry(at, struct thread, link), ERROR_GONE);
    list_each(at2, &process->taken) {
        struct thread *caller = list_entry(at2, struct thread, link);
        caller->receiver = 0;
        wake_with(caller, ERROR_GONE);
    }
}
