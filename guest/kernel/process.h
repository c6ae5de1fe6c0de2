/* Processes. */
#ifndef PROCESS_H
#define PROCESS_H
#include "address_space.h"
#include "layout.h"
#include "list.h"
#include <stdint.h>

#define NAME_SIZE 40

enum process_state { PROCESS_FREE, PROCESS_LIVES, PROCESS_ENDED };

struct process {
    enum process_state state;
    unsigned pid; /* never used again */
    unsigned asid;
    unsigned parent; /* pid, or 0: nobody waits */
    char name[NAME_SIZE];
    struct address_space space;
    struct list threads;
    int64_t status;
    int has_status;           /* the first who sets it wins */
    struct list waiters;      /* threads in SYS_WAIT for this one */
    uint64_t events, caught;
    struct list event_waiters;
    uint64_t semaphores;      /* bit: has opened the semaphore of that number */
    struct list callers;      /* threads whose SYS_IPC_CALL nobody has taken yet */
    struct list taken;        /* threads whose call waits for SYS_IPC_REPLY */
    struct list receivers;    /* own threads in SYS_IPC_RECEIVE */
    int has_hyplets;          /* the nanovisor knows of this process */
    int has_watched;          /* and has closed pages of it through stage 2 */
    struct list hyplet_waiters;
    uint64_t hyplet_woke;     /* bit: a hyplet of that PE has woken up nobody yet, with this result */
    int64_t hyplet_results[MAX_PES];
};

extern struct process processes[MAX_PROCESSES];

void processes_init(void);
/* Start a program of the bundle; its pid, or a negative error. `argument` is text of the kernel's. */
int64_t process_spawn(const char *program, const char *argument, unsigned parent, unsigned priority);
struct process *process_find(unsigned pid);
/* All its threads end; its parent gets `status`. */
void process_end(struct process *process, int64_t status);
/* When the last thread has gone. */
void process_released(struct process *process);
/* Forget an ended process that its parent has heard of. */
void process_forget(struct process *process);
void process_send_events(struct process *process, uint64_t events);
unsigned processes_count(void);

#endif
