/*
 * Code that we call and don't trust: hyplets and applications.
 *
 * uint64_t user_enter_guarded(entry, stack, const uint64_t x[8], uint64_t *unwind): run it at EL0 until user_unwind() is called.
 * uint64_t user_enter_classic(the same): run it at EL2t, where it may simply return.
 * uint64_t user_enter_domain(const struct frame *frame, unused, unused, uint64_t *unwind): go on at EL1 with these registers.
 * void user_unwind(uint64_t result, uint64_t unwind): return `result` from the call that stored `unwind`; whatever is on the stack
 * above it is dropped.
 */
#include "el2.h"
#include "layout.h"

    .macro  save_callee
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mov     x9, sp
    str     x9, [x3]
    .endm

    .macro  clear                           // nothing of ours leaks
    .irp    n, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
    mov     x\n, xzr
    .endr
    .endm

    .text
    .global user_enter_guarded
user_enter_guarded:
    save_callee
    msr     sp_el0, x1
    msr     elr_el2, x0
    msr     spsr_el2, xzr                   // EL0t, nothing masked
    mov     x8, x2
    ldp     x0, x1, [x8]
    ldp     x2, x3, [x8, #16]
    ldp     x4, x5, [x8, #32]
    ldp     x6, x7, [x8, #48]
    mov     x9, xzr
    clear
    ldr     x30, =TRAMPOLINE
    eret

    .global user_enter_classic
user_enter_classic:
    save_callee
    msr     sp_el0, x1
    mov     x9, x0
    mov     x8, x2
    ldp     x0, x1, [x8]
    ldp     x2, x3, [x8, #16]
    ldp     x4, x5, [x8, #32]
    ldp     x6, x7, [x8, #48]
    clear
    isb                                     // the traps that the caller set hold from here
    msr     spsel, #0
    msr     daifclr, #2                     // interrupts are taken, at EL2h
    blr     x9
    msr     daifset, #0xf
    msr     spsel, #1
    b       restore_callee

    .global user_enter_domain
user_enter_domain:
    save_callee
    mov     x1, sp
    b       guest_enter                     // a copy of the frame below what is kept

    .global user_unwind
user_unwind:
    mov     sp, x1
restore_callee:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

    /* Mapped for every guarded call at TRAMPOLINE: where its entry point returns to. */
    .section .trampoline, "ax"
    svc     #0

    /* void fp_clear(void): what a call finds in the FP and SIMD registers. */
    .text
    .global fp_clear
fp_clear:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi    v\n\().2d, #0
    .endr
    msr     fpsr, xzr
    msr     fpcr, xzr
    ret
