/* The FP and SIMD registers of threads, switched lazily (a trap on first use) or eagerly (`fp=eager` in the arguments). */
#ifndef FP_H
#define FP_H
#include "thread.h"

void fp_init(int eager);
/* `thread` is going to run on `pe`, which is this one. */
void fp_switch(struct pe *pe, struct thread *thread);
/* The trap: the running thread gets the registers. */
void fp_take(struct thread *thread);
/* Into memory, before the thread goes to another PE. Only on the PE that it was last on. */
void fp_save(struct thread *thread);

#endif
