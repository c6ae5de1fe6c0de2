/* What programs of the guest kernel are written with. System calls are as syscall.h describes them; negative results are errors. */
#ifndef USER_H
#define USER_H
#include "syscall.h"
#include <stddef.h>
#include <stdint.h>

/* A program's start: the words of its argument string, argv[0] the first of them. Its result is the exit status. */
int main(int argc, char **argv);

static inline int64_t syscall6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    register uint64_t x8 asm("x8") = number;
    register uint64_t x0 asm("x0") = a;
    register uint64_t x1 asm("x1") = b;
    register uint64_t x2 asm("x2") = c;
    register uint64_t x3 asm("x3") = d;
    register uint64_t x4 asm("x4") = e;
    asm volatile("svc #0" : "+r"(x0), "+r"(x1) : "r"(x8), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return (int64_t)x0;
}

static inline void exit(int64_t status) { syscall6(SYS_EXIT, (uint64_t)status, 0, 0, 0, 0); __builtin_unreachable(); }
/* May take less than all. */
static inline int64_t write(const void *from, size_t size) { return syscall6(SYS_WRITE, (uint64_t)from, size, 0, 0, 0); }
static inline void yield(void) { syscall6(SYS_YIELD, 0, 0, 0, 0, 0); }
static inline void sleep_until(uint64_t count) { syscall6(SYS_SLEEP, count, 0, 0, 0, 0); }
/* Null when there is no memory. */
static inline void *map(size_t size)
{
    const int64_t at = syscall6(SYS_MAP, size, 0, 0, 0, 0);
    return at < 0 ? 0 : (void *)at;
}
static inline int64_t unmap(void *at, size_t size) { return syscall6(SYS_UNMAP, (uint64_t)at, size, 0, 0, 0); }

static inline int64_t spawn(const char *program, const char *argument)
{
    return syscall6(SYS_SPAWN, (uint64_t)program, (uint64_t)argument, 0, 0, 0);
}
static inline int64_t wait(int64_t pid) { return syscall6(SYS_WAIT, (uint64_t)pid, 0, 0, 0, 0); }
static inline int64_t kill(int64_t pid) { return syscall6(SYS_KILL, (uint64_t)pid, 0, 0, 0, 0); }
static inline int64_t getpid(void) { return syscall6(SYS_GETPID, 0, 0, 0, 0, 0); }
static inline int64_t gettid(void) { return syscall6(SYS_GETTID, 0, 0, 0, 0, 0); }

/* `stack` ends at stack + size, a multiple of 16. The thread's tid. */
int64_t thread_create(void (*function)(void *), void *argument, void *stack, size_t size, unsigned priority);
static inline void thread_exit(void) { syscall6(SYS_THREAD_EXIT, 0, 0, 0, 0, 0); __builtin_unreachable(); }
static inline int64_t thread_join(int64_t tid) { return syscall6(SYS_THREAD_JOIN, (uint64_t)tid, 0, 0, 0, 0); }
static inline int64_t set_priority(int64_t tid, unsigned priority) { return syscall6(SYS_SET_PRIORITY, (uint64_t)tid, priority, 0, 0, 0); }
static inline int64_t set_affinity(unsigned pe) { return syscall6(SYS_SET_AFFINITY, pe, 0, 0, 0, 0); }

static inline int64_t semaphore_open(uint64_t key, uint64_t value) { return syscall6(SYS_SEMAPHORE_OPEN, key, value, 0, 0, 0); }
static inline int64_t semaphore_close(int64_t id) { return syscall6(SYS_SEMAPHORE_CLOSE, (uint64_t)id, 0, 0, 0, 0); }
static inline int64_t semaphore_wait(int64_t id, uint64_t until) { return syscall6(SYS_SEMAPHORE_WAIT, (uint64_t)id, until, 0, 0, 0); }
static inline int64_t semaphore_post(int64_t id) { return syscall6(SYS_SEMAPHORE_POST, (uint64_t)id, 0, 0, 0, 0); }

static inline void event_catch(uint64_t mask) { syscall6(SYS_EVENT_CATCH, mask, 0, 0, 0, 0); }
static inline uint64_t event_wait(uint64_t mask, uint64_t until) { return (uint64_t)syscall6(SYS_EVENT_WAIT, mask, until, 0, 0, 0); }
static inline int64_t event_send(int64_t pid, uint64_t events) { return syscall6(SYS_EVENT_SEND, (uint64_t)pid, events, 0, 0, 0); }

static inline int64_t irq_open(unsigned intid, int trigger) { return syscall6(SYS_IRQ_OPEN, intid, (uint64_t)trigger, 0, 0, 0); }
static inline int64_t irq_wait(unsigned intid, uint64_t until) { return syscall6(SYS_IRQ_WAIT, intid, until, 0, 0, 0); }
static inline int64_t irq_close(unsigned intid) { return syscall6(SYS_IRQ_CLOSE, intid, 0, 0, 0, 0); }
static inline int64_t alarm_start(const struct alarm_setup *setup) { return syscall6(SYS_ALARM, (uint64_t)setup, 0, 0, 0, 0); }

static inline int64_t ipc_call(int64_t pid, const void *message, size_t length, void *answer, size_t room)
{
    return syscall6(SYS_IPC_CALL, (uint64_t)pid, (uint64_t)message, length, (uint64_t)answer, room);
}
/* The caller's tid goes to *caller. */
int64_t ipc_receive(void *buffer, size_t room, uint64_t until, int64_t *caller);
static inline int64_t ipc_reply(int64_t tid, const void *answer, size_t length)
{
    return syscall6(SYS_IPC_REPLY, (uint64_t)tid, (uint64_t)answer, length, 0, 0);
}

static inline int64_t secure_call(struct secure_call *call) { return syscall6(SYS_SECURE_CALL, (uint64_t)call, 0, 0, 0, 0); }
static inline int64_t map_console(void) { return syscall6(SYS_MAP_CONSOLE, 0, 0, 0, 0, 0); }

static inline int64_t info(enum info what) { return syscall6(SYS_INFO, what, 0, 0, 0, 0); }

/* The virtual count, and how many make a second. */
static inline uint64_t clock(void)
{
    uint64_t count;
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
    return count;
}
static inline uint64_t clock_frequency(void)
{
    uint64_t frequency;
    asm volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}
/* The count so many microseconds from now. */
static inline uint64_t after_us(uint64_t us) { return clock() + us * clock_frequency() / 1000000; }

/* To the console a line at a time, so that processes don't mix in lines. As format.h; printf_flush() for what has no end of line. */
void printf(const char *text, ...) __attribute__((format(printf, 1, 2)));
void printf_flush(void);

int strcmp(const char *a, const char *b);
/* Decimal. */
uint64_t number(const char *text);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
