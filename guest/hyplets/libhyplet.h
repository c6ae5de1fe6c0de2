/*
 * The user library of hyplets, with the published names and meanings (Ben Yehuda). `cpu` is a PE's number; < 0 is the one that calls.
 * Functions answer 0 or more, or a negative error (syscall.h).
 *
 * What runs as a hyplet may use memory that was mapped, and the functions below that say so; anything else ends it, and its process
 * gets EVENT_HYPLET_DIED.
 */
#ifndef LIBHYPLET_H
#define LIBHYPLET_H
#include "hyplet.h"
#include "user.h"

/* Four arguments, those of hyplet_set_arguments() or of the call; other than 0 wakes up hyp_wait(). */
typedef uint64_t hyplet_function(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* How this process's hyplets run, before anything else is asked for. */
int64_t hyplet_set_mode(enum hyplet_mode mode);
/* How interrupts reach them, from the next hyplet_trap_irq() on. */
void hyplet_set_path(enum hyplet_path path);
/* Both from the program's words: "guarded" or "classic", "hook" or "imo". Ends the program when the core can't. */
void hyplet_choose(int argc, char **argv);

/* Map a range; every region of the process; the region that holds an address. With the permissions that they have. */
int64_t hyplet_map(const void *address, int size, int cpu);
int64_t hyplet_map_all(int cpu);
int64_t hyplet_map_vma(const void *address, int cpu);
int64_t hyplet_unmap(const void *address, int size);
/* Maps it too. */
int64_t hyplet_set_stack(void *address, int size, int cpu);
int64_t hyplet_set_callback(hyplet_function *function, int cpu);
int64_t hyplet_set_arguments(int cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
int64_t hyplet_set_budget(uint64_t ns);

int64_t hyplet_trap_irq(int irq, int cpu);
int64_t hyplet_untrap_irq(int irq, int cpu);
int64_t hyplet_trap_all_irqs(int cpu);
/* Run the callback after `first` ns and then every `period` ns; 0: once; both 0: no more. */
int64_t hyplet_set_timer(uint64_t first, uint64_t period, int cpu);
/* Run the callback now, on this PE: its result. */
int64_t hyplet_execute(int cpu);

int64_t hyplet_rpc_set(hyplet_function *function, int id, int cpu);
/* From any process on that PE, straight to EL2. -1 when nobody serves the id. */
static inline int64_t hyplet_rpc_call(int id, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    register uint64_t x0 asm("x0") = (uint64_t)id;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    register uint64_t x4 asm("x4") = d;
    asm volatile("brk %1" : "+r"(x0) : "i"(HYPLET_RPC_BRK), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return (int64_t)x0;
}

/* Take a PE from the kernel; run `function` there, again and again; give the PE up. */
int64_t hyplet_drop_cpu(int cpu);
int64_t hyplet_assign_offlet(int cpu, hyplet_function *function);
int64_t hyplet_stop_offlet(int cpu);
/* Until a callback on that PE returns other than 0: what it returned. One that did so since the last answer counts. ERROR_TIMEOUT after `ms`; < 0: wait for ever. */
int64_t hyp_wait(int cpu, int ms);

/* Close whole pages of this process to everyone through stage 2, until they are touched; see enum nv_watch (nanovisor.h). */
int64_t hyplet_watch(void *address, int size, int kind);
/* One of NV_WATCH_STATUS's results: touches, the last one's offset in its page, -, pages still closed. */
int64_t hyplet_watch_status(int which);
/* What an acquired page held when it was touched. */
int64_t hyplet_acquire(const void *page, void *to);
/* One of NV_PAGES's results: the nanovisor's free pages, owners, bindings, pages of stage 2's tables. */
int64_t hyplet_resources(int which);

/* In a hyplet: the counter, in ticks and in ns. Ticks are CNTVCT_EL0's. */
static inline uint64_t cycles(void) { return clock(); }
uint64_t hyp_gettime(void);
/* In a hyplet: a line for the process to print. Lines that find no room are counted. */
void hyp_print(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* In the process: print them. How many were lost. */
uint64_t print_hyp(void);

/* Everything a simple program needs: map all, a stack, and the callback. Ends the program when it fails. */
void hyplet_begin(hyplet_function *function, int cpu);
/* End the program, saying what failed, if `result` is an error. */
void hyplet_check(int64_t result, const char *what);

#endif
