/* A PE as the nanovisor sees it. TPIDR_EL2 points at its own. */
#ifndef PE_H
#define PE_H
#include "el2.h"
#include "virt.h"
#include <stdint.h>

struct frame;
struct space;
struct user;

enum pe_state { PE_ABSENT, PE_OFF, PE_STARTING, PE_ON };

#define FP_AREA 66

struct pe {
    unsigned index;
    uint64_t mpidr;          /* affinity fields only */
    uint32_t state;          /* enum pe_state of the guest's side: what PSCI says */
    uint64_t entry, context; /* of the CPU_ON under way */
    struct space *space;     /* whose tables TTBR0_EL2 holds; null: none but ours */
    struct user *user;       /* the call into untrusted code that is under way */
    uint64_t guest_fp[FP_AREA];
    bool fp_saved;           /* guest_fp holds the guest's registers, because the call uses them */
};

extern struct pe pes[MAX_PES];
extern unsigned pe_count;

static inline struct pe *this_pe(void)
{
    return (struct pe *)read_sysreg(tpidr_el2);
}

/* Number of the PE with this affinity, or -1. */
int pe_with_affinity(uint64_t affinity);
/* The PE that a guest means by `pe`: its own for -1. Null when there is none. */
struct pe *pe_named(int64_t pe);
/* EL2's registers of this PE, which is number `index`. */
void pe_init(unsigned index);
/* Bring the other PEs of the device tree up to EL2, where they wait as PE_OFF. */
void pe_start_others(void);
/* After pe_init, once the tables are there. */
void pe_join(void);
/* Wait until the guest wants this PE, and go there. */
void pe_wait_off(void) __attribute__((noreturn));
void *pe_stack_top(const struct pe *pe);

#endif
