/*
 * A domain's start and its vectors. The MMU is off at first: data accesses are Device then, and what the loader wrote may be in caches
 * alone, so nothing is read or written before it is on. Translation is the identity; stage 2 says what is there and what may be done.
 */
#include "domain.h"

#define MAIR_NORMAL 0xff             /* attribute 0: Normal Write-Back; a device is one by stage 2 */
#define TCR 0x200803519              /* T0SZ 25, WBWA walks, Inner Shareable, 4 KB, TTBR1 off, 40 bits */
#define SCTLR 0x30d0180d             /* RES1, I, SA, C, M */
#define BLOCK 0x701                  /* valid block, attribute 0, Inner Shareable, AF, read and write at EL1 */

    .section .text.start, "ax"
    .global _start
_start:
    mov     x0, #DOMAIN_STACK_TOP
    mov     sp, x0
    adrp    x0, vectors
    msr     vbar_el1, x0
    adrp    x0, root
    msr     ttbr0_el1, x0
    mov     x0, #MAIR_NORMAL
    msr     mair_el1, x0
    mov     x0, #(TCR & 0xffff)
    movk    x0, #(TCR >> 16 & 0xffff), lsl #16
    movk    x0, #(TCR >> 32), lsl #32
    msr     tcr_el1, x0
    tlbi    vmalle1
    dsb     nsh
    isb
    mov     x0, #(SCTLR & 0xffff)
    movk    x0, #(SCTLR >> 16), lsl #16
    msr     sctlr_el1, x0
    isb
    mov     x29, xzr
    mov     x30, xzr
    b       domain_main

    .text
    .balign 4096
vectors:
    .skip   0x200
    b       domain_exception         // synchronous, from EL1 with SP_EL1: an error of the domain's own
    .balign 0x80
    sub     sp, sp, #176
    stp     x0, x1, [sp]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    b       interrupt
    .balign 0x800

interrupt:
    bl      domain_interrupt         // doesn't unmask, so that ELR_EL1 and SPSR_EL1 stay
    ldp     x18, x30, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #176
    eret

    .section .rodata, "a"
    .balign 4096
root:                                // 512 blocks of 1 GB
    .set    at, 0
    .rept   512
    .quad   (at << 30) | BLOCK
    .set    at, at + 1
    .endr
