/* The plain crossings: numbers of the crossings, which src/lab/experiments/crossings.ts knows too, and what the assembly offers. */
#ifndef CROSSINGS_H
#define CROSSINGS_H

#define CROSSING_SVC 1
#define CROSSING_SVC_SAVED 2
#define CROSSING_HVC 3
#define CROSSING_HVC_SAVED 4
#define CROSSING_SMC 5
#define CROSSING_TRAPPED_REGISTER 6
#define CROSSING_TTBR 7
#define CROSSING_SWITCH 8
#define CROSSING_SWITCH_FP 9

/* struct context, for assembly */
#define CONTEXT_TTBR 104
#define CONTEXT_FP 112

#ifndef __ASSEMBLER__
#include <stdint.h>

/* What is kept of a thread that isn't running. */
struct context {
    uint64_t x19_to_x30[12];
    uint64_t sp;
    uint64_t ttbr0;
    uint64_t v[64];
    uint64_t fpsr, fpcr;
};

/* Vector tables. */
extern char el1_plain_vectors[], el2_saving_vectors[], el2_trap_vectors[], el2_vectors[];

/* Run `rounds` SVCs at EL0 between markers with the number `crossing`; the handler counts them, and the count is the result. */
uint64_t user_svcs(uint64_t rounds, uint64_t crossing);
/* Where an exception handler goes on at EL1 for user_svcs() to return x1. */
extern char user_leave[];

/* Run at EL2 by HVC with the plain and the trap table: change VBAR_EL2 and SP_EL2; set bits of HCR_EL2. */
extern char el2_use_vectors[], el2_set_hcr[];

/* Save this thread in `from` and go on in `to`, in its address space; _fp: with the FP and SIMD registers. */
void switch_context(struct context *from, struct context *to);
void switch_context_fp(struct context *from, struct context *to);
/* A thread's first instruction: x19(). */
extern char thread_start[];
#endif
#endif
