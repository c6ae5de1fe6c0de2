#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

struct thread;

/* SVC from the running thread. */
void system_call_serve(struct thread *self);

#endif
