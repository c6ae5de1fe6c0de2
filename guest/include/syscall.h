/*
 * The guest kernel's system calls: SVC #0, number in x8, arguments in x0 to x5, result in x0. Negative results are errors.
 * Times are counts of CNTVCT_EL0, absolute; 0 for "now" and FOREVER.
 */
#ifndef SYSCALL_H
#define SYSCALL_H
#include "hyplet.h"

#define SYS_EXIT 0           /* status: ends the process */
#define SYS_WRITE 1          /* buffer, length: to the console; how much of it went there */
#define SYS_YIELD 2          /* behind the other threads of this priority */
#define SYS_SLEEP 3          /* until */
#define SYS_MAP 4            /* size: zeroed memory; its address */
#define SYS_UNMAP 5          /* address, size */
#define SYS_SPAWN 6          /* program's name, argument string: its pid. It starts on this PE with this priority */
#define SYS_WAIT 7           /* pid of a child: its exit status */
#define SYS_KILL 8           /* pid of a child */
#define SYS_GETPID 9
#define SYS_GETTID 10
#define SYS_THREAD_CREATE 11 /* entry, argument, stack top, priority: its tid. It starts as entry(argument) on this PE */
#define SYS_THREAD_EXIT 12
#define SYS_THREAD_JOIN 13   /* tid in this process */
#define SYS_SET_PRIORITY 14  /* tid in this process or 0 for this thread, priority: the old one */
#define SYS_SET_AFFINITY 15  /* PE: moves this thread there */
#define SYS_SEMAPHORE_OPEN 16  /* key, value if it is new: its id */
#define SYS_SEMAPHORE_CLOSE 17 /* id */
#define SYS_SEMAPHORE_WAIT 18  /* id, until */
#define SYS_SEMAPHORE_POST 19  /* id */
#define SYS_EVENT_CATCH 20   /* mask: these events wait to be asked for; others that are fatal end the process */
#define SYS_EVENT_WAIT 21    /* mask, until: the events that have come, which are then gone */
#define SYS_EVENT_SEND 22    /* pid, events below EVENT_FIRST_OF_KERNEL */
#define SYS_IRQ_OPEN 23      /* INTID, IRQ_LEVEL or IRQ_EDGE: interrupts there wake this process from now on */
#define SYS_IRQ_WAIT 24      /* INTID, until: how many have come since the last answer, at least 1 */
#define SYS_IRQ_CLOSE 25     /* INTID */
#define SYS_IPC_CALL 26      /* pid, message, its length, answer, its room: the answer's length */
#define SYS_IPC_RECEIVE 27   /* buffer, room, until: the message's length; x1: the caller's tid, to reply to */
#define SYS_IPC_REPLY 28     /* tid, answer, length */
#define SYS_CLOCK 29         /* CNTVCT_EL0 */
#define SYS_ALARM 30         /* struct alarm_setup: starts the alarm device, whose interrupt was opened on this PE; null stops it */
#define SYS_INFO 31          /* INFO_...: a figure about the kernel */
#define SYS_APPLICATION 32   /* struct application_request; init's alone */
#define SYS_SECURE_CALL 33   /* struct secure_call: an SMC to the Trusted OS, as its driver makes it */
#define SYS_MAP_CONSOLE 34   /* the console's registers, mapped for this process to use as the kernel does: their address */
/* SYS_HYPLET, the published number, is in hyplet.h. */
#define SYS_COUNT 286

#define FOREVER (~0UL)

/* Results below 0. */
#define ERROR_INVALID (-22)   /* an argument makes no sense */
#define ERROR_FAULT (-14)     /* memory that isn't the caller's */
#define ERROR_NO_MEMORY (-12)
#define ERROR_NOT_FOUND (-2)
#define ERROR_DENIED (-1)
#define ERROR_BUSY (-16)      /* someone else has it */
#define ERROR_FULL (-28)      /* the kernel's table is full */
#define ERROR_TIMEOUT (-110)
#define ERROR_GONE (-32)      /* whom we waited for has ended */
#define ERROR_TOO_LONG (-7)
#define ERROR_NO_SYSCALL (-38)
#define ERROR_NO_NANOVISOR (-19)

/* Exit statuses of processes that didn't call exit. */
#define STATUS_FAULT (-1000)
#define STATUS_KILLED (-1001)
#define STATUS_HYPLET_DIED (-1002)

#define PRIORITY_COUNT 32 /* 0 is the lowest */
#define PRIORITY_DEFAULT 8
#define MESSAGE_MAX 65536

/* Events. */
#define EVENT_FIRST_OF_KERNEL (1UL << 32)
#define EVENT_HYPLET_DIED (1UL << 32) /* fatal unless caught */
#define EVENT_CHILD_ENDED (1UL << 33)

#define IRQ_LEVEL 0 /* masked from its arrival to the next SYS_IRQ_WAIT, so that the process can silence the device */
#define IRQ_EDGE 1
#define ALARM_INTID 30 /* the alarm device, below */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Memory, processes and the rest that exists now: what a test compares before and after. */
enum info {
    INFO_FREE_PAGES,
    INFO_PROCESSES,
    INFO_THREADS,
    INFO_SEMAPHORES,
    INFO_IRQS,
    INFO_PES,
    INFO_SWITCHES, /* to another thread, since boot, on all PEs */
};

/*
 * The alarm device: the EL1 physical timer, PPI 30, which nothing else here uses. Its interrupt is asserted at exact counts that the
 * program knows beforehand, wherever the machine is then: deadline[0] = first, deadline[n + 1] = deadline[n] + interval + r % (spread
 * + 1), r from alarm_random(). The kernel's handler sets the next deadline, which takes the interrupt away, and wakes whoever waits.
 */
struct alarm_setup {
    uint64_t first;
    uint64_t interval;
    uint64_t spread;
    uint64_t count;
    uint64_t seed;
};

/* SYS_APPLICATION: what the nanovisor is asked for (nanovisor.h, NV_APPLICATION). */
struct application_request {
    uint64_t operation;
    uint64_t service;
    uint64_t image; /* the new image, in the caller's memory */
    uint64_t size;
};

/* SYS_SECURE_CALL: x0 is a fast call's function identifier of owners 50 to 63 (SMC Calling Convention), the results come to x0 to x3. */
struct secure_call {
    uint64_t x[7];
    uint64_t crossing; /* the SMC is between lab.h's markers with this number */
};

/* The next number of a 64-bit linear congruential generator (Knuth's MMIX constants); its upper half is good enough. */
static inline uint64_t alarm_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
    return *seed >> 33;
}
#endif

#endif
