/* Threads and PEs. All of it is guarded by the kernel's one lock. */
#ifndef THREAD_H
#define THREAD_H
#include "layout.h"
#include "list.h"
#include "sysreg.h"
#include <stdint.h>

/* What vectors.S saves and restores, at the start of struct thread. */
struct frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
};

struct fp_state {
    unsigned __int128 v[32];
    uint64_t fpcr, fpsr;
};

enum thread_state { THREAD_FREE, THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_ENDED };

struct process;
struct pe;

struct thread {
    struct frame frame;
    struct fp_state fp __attribute__((aligned(16)));
    uint64_t tls; /* TPIDR_EL0 */
    enum thread_state state;
    unsigned tid;
    unsigned priority;
    struct process *process;
    struct pe *pe;         /* where it runs, and nowhere else */
    struct list link;      /* in a ready queue, or where it is blocked */
    struct list siblings;  /* in its process */
    struct list sleepers;  /* in its PE's list, while it has a time to wake up at */
    uint64_t wake_at;
    uint64_t wake_result;  /* x0 when that time comes */
    int doomed;            /* ends at its PE's next chance */
    struct list joiners;   /* threads blocked until this one ends */
    /* What it waits for, by the object's kind. */
    uint64_t wait_mask;            /* SYS_EVENT_WAIT */
    uint64_t wait_pe;              /* HYPLET_WAIT */
    uint64_t buffer, room;         /* IPC: the answer's, or the message's that is received */
    uint64_t message, length;      /* IPC: what a caller sends */
    unsigned receiver;             /* IPC: pid of the process that has taken the call; 0: not taken yet */
};

struct pe {
    uint64_t stack_top; /* first: vectors.S loads it */
    unsigned number;
    int online;
    int leaving;           /* HYPLET_DROP_CPU: off as soon as nothing is to do */
    unsigned dropped_by;   /* pid of the process that has it taken off, or is about to */
    struct list droppers;  /* the thread that waits for that */
    struct thread *current;
    struct process *space; /* whose tables are in TTBR0_EL1 */
    struct thread *loaded;   /* whose TPIDR_EL0 and FP trap are in place */
    struct thread *fp_owner; /* whose values the FP registers hold */
    uint64_t quantum_end;    /* of the current thread */
    uint64_t timer;          /* what CNTV_CVAL_EL0 holds; FOREVER: off */
    uint32_t ready_mask;     /* priorities whose queue isn't empty */
    struct list ready[32];
    struct list sleepers;    /* earliest first */
};

extern struct pe pes[MAX_PES];
extern struct thread threads[MAX_THREADS];

static inline struct pe *this_pe(void) { return (struct pe *)read_sysreg(tpidr_el1); }

void threads_init(void);
/* A blocked thread of this process that starts in entry(argument); null when there are no more. */
struct thread *thread_create(struct process *process, uint64_t entry, uint64_t argument, uint64_t stack, unsigned priority);
/* End it wherever it is: at once, or when its PE enters the kernel next. Its process ends with its last thread. */
void thread_end(struct thread *thread);
struct thread *thread_find(unsigned tid);
unsigned threads_count(void);

#endif
