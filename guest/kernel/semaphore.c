#include "semaphore.h"
#include "process.h"
#include "scheduler.h"
#include "syscall.h"

#define MAX_SEMAPHORES 64 /* a process has a bit for each */

struct semaphore {
    unsigned users;
    uint64_t key, value;
    struct list waiters; /* in priority order, first come first among equals */
};

static struct semaphore semaphores[MAX_SEMAPHORES];

static struct semaphore *opened(const struct process *process, uint64_t id)
{
    return id < MAX_SEMAPHORES && (process->semaphores >> id & 1) ? &semaphores[id] : 0;
}

int64_t semaphore_open(struct process *process, uint64_t key, uint64_t value)
{
    int at = -1;
    for (int n = MAX_SEMAPHORES - 1; n >= 0; n--) {
        if (semaphores[n].users && semaphores[n].key == key) {
            at = n;
            break;
        }
        if (!semaphores[n].users)
            at = n;
    }
    if (at < 0)
        return ERROR_FULL;
    struct semaphore *semaphore = &semaphores[at];
    if (!semaphore->users) {
        *semaphore = (struct semaphore){.key = key, .value = value};
        list_init(&semaphore->waiters);
    }
    if (!(process->semaphores >> at & 1))
        semaphore->users++;
    process->semaphores |= 1UL << at;
    return at;
}

int64_t semaphore_close(struct process *process, uint64_t id)
{
    struct semaphore *semaphore = opened(process, id);
    if (!semaphore)
        return ERROR_INVALID;
    process->semaphores &= ~(1UL << id);
    semaphore->users--;
    list_each(at, &semaphore->waiters) {
        struct thread *thread = list_entry(at, struct thread, link);
        if (thread->process == process)
            wake_with(thread, ERROR_GONE);
    }
    return 0;
}

/* Waiters are few: look for the place. */
static struct list *place_for(struct semaphore *semaphore, const struct thread *thread)
{
    struct list *place = semaphore->waiters.next;
    while (place != &semaphore->waiters && list_entry(place, struct thread, link)->priority >= thread->priority)
        place = place->next;
    return place;
}

int64_t semaphore_wait(struct thread *thread, uint64_t id, uint64_t until)
{
    struct semaphore *semaphore = opened(thread->process, id);
    if (!semaphore)
        return ERROR_INVALID;
    if (semaphore->value) {
        semaphore->value--;
        return 0;
    }
    if (until <= clock_now())
        return ERROR_TIMEOUT;
    block(thread, place_for(semaphore, thread), until, ERROR_TIMEOUT);
    return 0;
}

int64_t semaphore_post(struct process *process, uint64_t id)
{
    struct semaphore *semaphore = opened(process, id);
    if (!semaphore)
        return ERROR_INVALID;
    if (list_empty(&semaphore->waiters))
        semaphore->value++;
    else
        wake_with(list_entry(semaphore->waiters.next, struct thread, link), 0);
    return 0;
}

void semaphores_release(struct process *process)
{
    for (unsigned id = 0; id < MAX_SEMAPHORES; id++)
        if (process->semaphores >> id & 1)
            semaphore_close(process, id);
}

unsigned semaphores_count(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < MAX_SEMAPHORES; n++)
        count += semaphores[n].users != 0;
    return count;
}
