/*
 * Exceptions from EL0. SP_EL1 points to the running thread's frame then (struct frame), so registers go straight into the thread.
 * The kernel works on the PE's stack and answers with the frame to go on with, which may be another thread's.
 * The kernel runs with interrupts masked: an exception from EL1 is an error in it.
 */
#include "layout.h"

    .macro  from_el0 handler
    .balign 0x80
    stp     x0, x1, [sp]
    adr     x0, \handler
    b       save
    .endm

    .macro  unexpected number
    .balign 0x80
    mov     x0, #\number
    b       kernel_fault_entry
    .endm

    .section .text.vectors, "ax"
    .balign 0x800
    .global exception_vectors
exception_vectors:
    .irp    number, 0, 1, 2, 3, 4, 5, 6, 7
    unexpected \number
    .endr
    from_el0 user_synchronous
    from_el0 user_interrupt
    .irp    number, 10, 11, 12, 13, 14, 15
    unexpected \number
    .endr

save:
    stp     x2, x3, [sp, #16 * 1]
    stp     x4, x5, [sp, #16 * 2]
    stp     x6, x7, [sp, #16 * 3]
    stp     x8, x9, [sp, #16 * 4]
    stp     x10, x11, [sp, #16 * 5]
    stp     x12, x13, [sp, #16 * 6]
    stp     x14, x15, [sp, #16 * 7]
    stp     x16, x17, [sp, #16 * 8]
    stp     x18, x19, [sp, #16 * 9]
    stp     x20, x21, [sp, #16 * 10]
    stp     x22, x23, [sp, #16 * 11]
    stp     x24, x25, [sp, #16 * 12]
    stp     x26, x27, [sp, #16 * 13]
    stp     x28, x29, [sp, #16 * 14]
    mrs     x2, sp_el0
    stp     x30, x2, [sp, #16 * 15]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [sp, #16 * 16]
    mov     x2, x0
    mov     x0, sp
    mrs     x1, tpidr_el1                   // struct pe; the first field is the top of its stack
    ldr     x3, [x1]
    mov     sp, x3
    blr     x2

    .global frame_resume
frame_resume:                               // x0: the frame
    mov     sp, x0
    ldp     x2, x3, [sp, #16 * 16]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x30, x2, [sp, #16 * 15]
    msr     sp_el0, x2
    ldp     x28, x29, [sp, #16 * 14]
    ldp     x26, x27, [sp, #16 * 13]
    ldp     x24, x25, [sp, #16 * 12]
    ldp     x22, x23, [sp, #16 * 11]
    ldp     x20, x21, [sp, #16 * 10]
    ldp     x18, x19, [sp, #16 * 9]
    ldp     x16, x17, [sp, #16 * 8]
    ldp     x14, x15, [sp, #16 * 7]
    ldp     x12, x13, [sp, #16 * 6]
    ldp     x10, x11, [sp, #16 * 5]
    ldp     x8, x9, [sp, #16 * 4]
    ldp     x6, x7, [sp, #16 * 3]
    ldp     x4, x5, [sp, #16 * 2]
    ldp     x2, x3, [sp, #16 * 1]
    ldp     x0, x1, [sp]
    eret

    /* x0: the vector's number. SP may be what went wrong, so a stack of its own. */
kernel_fault_entry:
    adrp    x1, panic_stack + PANIC_STACK_SIZE
    add     x1, x1, :lo12:panic_stack + PANIC_STACK_SIZE
    mov     x2, sp
    mov     sp, x1
    mov     x1, x30
    b       kernel_fault

    .equ    PANIC_STACK_SIZE, 0x1000
    .section .bss.panic_stack, "aw", %nobits
    .balign 16
panic_stack:
    .skip   PANIC_STACK_SIZE
