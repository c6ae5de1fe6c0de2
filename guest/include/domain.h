/*
 * Stubdomains: what the nanovisor and a domain that serves requests agree on.
 *
 * A domain is a guest of its own: a static ELF64 at EL1 behind a stage 2 that maps its segments where they are linked, a stack, the
 * ring, and what it asks for. It has one virtual CPU, which starts at the entry point as after a reset: MMU off, interrupts masked.
 * The nanovisor puts requests into the ring and makes DOMAIN_EVENT_INTID pending in the virtual CPU interface; there is no distributor,
 * no timer and no FP. Calls are HVC #0 with the number in x8: DOMAIN_CALL_NOTIFY, and those of application.h but APP_CALL_RETURN. WFI
 * says that there is nothing to do.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#define DOMAIN_RING 0x18000000
#define DOMAIN_STACK_TOP 0x10020000
#define DOMAIN_EVENT_INTID 20
#define DOMAIN_SLOTS 16 /* a power of two */

#define DOMAIN_CALL_NOTIFY 16 /* there are answers */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Both counts only grow; request n is in slot n % DOMAIN_SLOTS, and its results go there. Answers come in the requests' order. */
struct domain_ring {
    uint32_t requests; /* written by the nanovisor */
    uint32_t answers;  /* written by the domain */
    struct domain_slot {
        uint64_t function; /* enum app_function */
        uint64_t arguments[7];
        uint64_t results[4];
    } slots[DOMAIN_SLOTS];
};

/* What the mediator's domain commits with TEE_FAULT beside an application's faults (tee.h). For tests. */
enum domain_fault {
    DOMAIN_WAIT = 64,       /* WFI with the request unanswered */
    DOMAIN_ANSWER_TOO_MANY, /* count answers that nobody asked for */
    DOMAIN_OVERWRITE_RING,  /* `value` in every word of it but the counts */
    DOMAIN_NOTIFY,          /* a call without an answer: nothing happens */
    DOMAIN_SEND_SGI,
    DOMAIN_VIRTUAL_TIMER,   /* the guest's: an interrupt from it while the domain runs */
    DOMAIN_PHYSICAL_TIMER,
    DOMAIN_DEBUG,           /* write a debug register */
    DOMAIN_FP,
    DOMAIN_VECTORS,         /* exceptions lead to an address that isn't its own */
    DOMAIN_MMU_OFF,         /* read the guest's memory with stage 1 off */
    DOMAIN_RETURN,          /* an application's call */
    DOMAIN_SEE,             /* what it sees in registers that the guest has set, ored: 0 */
    DOMAIN_SPIN,            /* compute for `value` counts of CNTVCT_EL0; it isn't a fault */
};
#endif

#endif
