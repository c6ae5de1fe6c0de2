/* Physical interrupts, all of which EL2 takes. */
#ifndef NANOVISOR_INTERRUPTS_H
#define NANOVISOR_INTERRUPTS_H

struct frame;

/* Take one. `frame` is what it interrupted: the guest, a call into untrusted code, or our wait loop. */
void interrupt_taken(struct frame *frame);
/* What other PEs may want of this one: after a kick, and while it waits for them. */
void interrupts_poll(void);

#endif
