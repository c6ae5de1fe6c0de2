/* From reset at EL3 to main(), and from there to any level and back. */
#include "sysreg.h"

#define STACK_SIZE 0x10000
#define MAGIC_EL1 1
#define MAGIC_EL2 2
#define MAGIC_EL3 3

    .section .text.boot, "ax"
    .global _start
_start:
    mrs     x1, mpidr_el1
    tst     x1, #0xffffff
    b.ne    park
    mrs     x1, CurrentEL
    cmp     x1, #(3 << 2)
    b.ne    park                            // these programs are for machines with secure=on
    msr     daifset, #0xf
    adrp    x0, stack + STACK_SIZE
    add     x0, x0, :lo12:stack + STACK_SIZE
    mov     sp, x0
    adrp    x0, __bss_start
    add     x0, x0, :lo12:__bss_start
    adrp    x1, __bss_end
    add     x1, x1, :lo12:__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  msr     cptr_el3, xzr
    mov     x0, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
    msr     icc_sre_el3, x0
    isb
    bl      levels_set_vectors
    bl      uart_init
    bl      main
    bl      semihosting_exit
park:
    wfi
    b       park

    .text
    .global levels_set_vectors
levels_set_vectors:
    adrp    x0, vectors_el1
    add     x0, x0, :lo12:vectors_el1
    msr     vbar_el1, x0
    adrp    x0, vectors_el2
    add     x0, x0, :lo12:vectors_el2
    msr     vbar_el2, x0
    adrp    x0, vectors_el3
    add     x0, x0, :lo12:vectors_el3
    msr     vbar_el3, x0
    isb
    ret

    .global levels_run
levels_run:
    stp     x19, x20, [sp, #-112]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    str     x0, [sp, #96]
    adrp    x1, saved_sp
    mov     x2, sp
    str     x2, [x1, :lo12:saved_sp]
    ldp     x1, x2, [x0]
    msr     elr_el3, x1
    msr     spsr_el3, x2
    ldp     x0, x1, [x0, #16]
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, xzr
    .endr
    eret

    /*
     * The handlers touch only registers that bodies don't, and no memory: stage 1 and 2 may be on. x28 says which level took the exception,
     * x27 its vector. SMC leads to EL3, through EL2 when HCR_EL2.TSC is set. Where SMC is UNDEFINED (SCR_EL3.SMD), CPTR_EL3.TCPAC
     * must be set: then the read of CPACR_EL1 does.
     */
    .macro  lower_vector el, offset
    .balign 0x80
    cbnz    x28, 1f
    mov     x28, #\el
    mov     x27, #\offset
1:  mrs     x25, cpacr_el1
    smc     #0
    .endm

    .macro  table name, el, macro
    .balign 0x800
    .global \name
\name:
    .irp    offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    \macro  \el, \offset
    .endr
    .balign 0x800
    .endm

    .macro  highest_vector el, offset
    .balign 0x80
    cbnz    x28, back
    mov     x28, #\el
    mov     x27, #\offset
    mrs     x20, esr_el3
    mrs     x21, elr_el3
    mrs     x22, spsr_el3
    mrs     x23, far_el3
    smc     #0                              // shows this handler's PSTATE
    .endm

    table   vectors_el1, MAGIC_EL1, lower_vector
    table   vectors_el2, MAGIC_EL2, lower_vector
    table   vectors_el3, MAGIC_EL3, highest_vector

back:
    mrs     x24, spsr_el3
    mrs     x25, hpfar_el2
    cmp     x28, #MAGIC_EL2
    b.hi    2f
    b.eq    1f
    mrs     x20, esr_el1
    mrs     x21, elr_el1
    mrs     x22, spsr_el1
    mrs     x23, far_el1
    b       2f
1:  mrs     x20, esr_el2
    mrs     x21, elr_el2
    mrs     x22, spsr_el2
    mrs     x23, far_el2
2:  adrp    x2, saved_sp
    ldr     x2, [x2, :lo12:saved_sp]
    mov     sp, x2
    ldr     x2, [sp, #96]
    stp     x0, x1, [x2, #16]
    stp     x28, x27, [x2, #32]
    stp     x20, x21, [x2, #48]
    stp     x22, x23, [x2, #64]
    stp     x25, x24, [x2, #80]
    ldp     x29, x30, [sp, #80]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp], #112
    ret

    .bss
    .balign 16
saved_sp: .skip 8
    .section .stacks, "aw", %nobits
    .balign 16
stack:
    .skip   STACK_SIZE
