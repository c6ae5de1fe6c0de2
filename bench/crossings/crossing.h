/*
 * What each crossing gives: a kernel (bench/kernels/kernel.h) whose iterations are crossings, and vector tables whose handlers do no
 * more than the crossing needs.
 */
#ifndef CROSSING_H
#define CROSSING_H
#include "kernel.h"
#include "sysreg.h"

/*
 * A vector table called `name`, with `body` at `offset`; every other vector stops the program with status 5. A body may be longer
 * than its vector: those behind it aren't used.
 */
#define VECTORS(name, offset, body)                                     \
    asm(".pushsection .text.vectors, \"ax\"\n"                          \
        ".balign 0x800\n"                                               \
        ".global " name "\n" name ":\n"                                 \
        ".rept " offset " / 4\n b crossing_lost\n.endr\n" body "\n"      \
        ".rept (" name " + 0x800 - .) / 4\n b crossing_lost\n.endr\n"   \
        ".popsection\n")

#define SAME_LEVEL_IRQ "0x280"
#define LOWER_LEVEL_SYNCHRONOUS "0x400"

void crossing_lost(void) __attribute__((noreturn));

/* A body for exceptions from EL1 to EL2 that tells `hvc` instructions from what else is measured: those call x0(x1) at EL2. Uses x16, x17. */
#define HVC_CALLS                    \
    "mrs x16, esr_el2\n"             \
    "lsr x16, x16, #26\n"            \
    "cmp x16, #0x16\n"               \
    "b.eq crossing_call\n"

/* Run function(argument) at EL2, on a stack of its own. */
void call_at_el2(void (*function)(uint64_t), uint64_t argument);
/* Turn on EL2's stage 1, every address at itself: for call_at_el2(). */
void enable_el2_mmu(uint64_t unused);

#endif
