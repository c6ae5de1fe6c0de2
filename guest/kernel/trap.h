#ifndef TRAP_H
#define TRAP_H

struct frame;

/* The running thread's frame; answers with the one to go on with. */
struct frame *user_synchronous(struct frame *frame);
struct frame *user_interrupt(struct frame *frame);

#endif
