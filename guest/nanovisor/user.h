/*
 * Calls into code that we don't trust: hyplets, and native applications. A call has a time budget, may be interrupted, and comes back
 * with a result or with the reason why it was ended; nothing that it does keeps it from coming back.
 */
#ifndef USER_H
#define USER_H
#include "hyplet.h"
#include "trap.h"
#include <stdbool.h>
#include <stdint.h>

struct space;

struct user {
    struct space *space;
    enum hyplet_mode mode; /* HYPLET_CLASSIC: at EL2t, and only confined by what it can be trusted with */
    uint64_t entry, stack; /* where to start; what SP is then */
    uint64_t x[8];
    uint64_t budget; /* counter ticks; 0: none */
    /* An SVC with an immediate other than 0: true to go on, false to end the call as HYPLET_END_SYSCALL. Null: always false. */
    bool (*service)(struct user *user, struct frame *frame, unsigned immediate);
    void *context; /* for service() and trapped() */
    struct frame *resume; /* not null: a domain's registers, with which it goes on at EL1 (stubdomain.h); entry, stack and x don't count */
    bool (*trapped)(struct user *user, struct frame *frame, uint64_t esr); /* its exceptions: true to go on, false to end it */
    const uint64_t *keep; /* when this becomes 0 the call ends as HYPLET_END_RESET; may be null */

    uint32_t end;  /* enum hyplet_end, or 0: it returned */
    uint64_t esr, far;
    struct frame last; /* its registers, when it was ended */
    uint64_t unwind;
};

/* Run it on this PE. x0 is its result; meaningless when user->end isn't 0. Interrupts that come in are handled, but run no hyplets. */
uint64_t user_call(struct user *user);
/* From trap(), with a call under way: an exception that it caused. */
void user_exception(struct frame *frame, uint64_t esr);
/* End the call under way on this PE and go back to who made it, with `result`. */
void user_finish(uint32_t end, uint64_t result) __attribute__((noreturn));
/* From an interrupt: the frame of what was interrupted. Ends the call whose time is over, or whose space is going away. */
void user_check(struct frame *frame);
/* A call's registers, in the log. */
void user_report(const struct user *user, const char *who, uint64_t owner);

#endif
