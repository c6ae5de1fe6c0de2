/*
 * Hyplets: parts of the guest's processes that EL2 runs. A hyplet is what one process has on one PE: a function, a stack, and what
 * makes it run.
 */
#ifndef HYPLETS_H
#define HYPLETS_H
#include "alarms.h"
#include <stdbool.h>
#include <stdint.h>

#define HYPLETS_PER_PE 8u
#define RPCS_PER_PE 16u

#define HYPLET_ALARM_STOP 1u

struct frame;
struct pe;
struct space;

struct hyplet {
    struct space *space; /* its owner's memory; null: a free entry */
    uint64_t callback, stack;
    uint64_t arguments[4];
    bool waiting;        /* it should have run while another call was under way: then, after that */
    bool closing;        /* its owner is going away; only its own PE frees it */
    struct alarm alarm;
    uint64_t period;     /* of the alarm, in ticks; 0: once */
    uint64_t requested;  /* the alarm is to be set for then, or HYPLET_ALARM_STOP; 0: as it is */
    uint64_t offlet;     /* the function that runs while the guest has this PE off; 0: none */
};

/* NV_HYPLET_ calls. */
bool hyplets_serve(struct frame *frame);

/* Generation 1: a device's interrupt has come, and the guest doesn't know yet. */
void hyplets_interrupt(uint32_t intid);
/* Generation 2: the guest's handler asks. How many ran. */
unsigned hyplets_hook(uint32_t intid);
/* HypRPC: the answer, or -1. */
uint64_t hyplets_rpc(uint64_t identifier, const uint64_t arguments[4]);
/* Run the callback of a hyplet of this PE for its owner. False: it didn't come back of itself. */
bool hyplets_execute(struct hyplet *hyplet, uint64_t *result);
/* Run this PE's offlet once. False: there is none. */
bool hyplets_run_offlet(void);

/* After a call: those whose turn came while it was under way, and those that are to go. */
void hyplets_run_waiting(void);
/* What other PEs changed about this PE's hyplets. */
void hyplets_poll(void);

#endif
