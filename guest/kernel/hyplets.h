/* The system call with the published control structure (hyplet.h), and what the nanovisor tells of hyplets. */
#ifndef HYPLETS_H
#define HYPLETS_H
#include <stdint.h>

struct process;
struct thread;

int64_t hyplet_control(struct thread *thread, uint64_t ctrl);
/* The nanovisor's interrupt: take its events. */
void hyplets_events(void);
/* Generation 2: run the hyplets that are bound to this interrupt, before its own handler. */
void hyplets_hook(uint32_t intid);
/* The process ends. */
void hyplets_release(struct process *process);
/* Whether part of a region may be in use by a hyplet, so that its pages have to stay. */
int hyplets_pin(const struct process *process);

#endif
