/*
 * Exceptions from EL0. SP_EL1 points to the running thread's frame then (struct frame), so registers go straight into the thread.
 * The kernel works on the PE's stack and answers with the frame to go on with, which may be another thread's.
 * The kernel runs with interrupts masked: an exception from EL1 is an error in it.
 */
#include "general_registers.h"
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
    save_x2_to_x29
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
    load_x29_to_x2
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
