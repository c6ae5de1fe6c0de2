/* The EL1 vector table: save everything general in a struct exception_frame, call exception_taken, restore, return. */
#include "exceptions.h"
#include "general_registers.h"

    .macro  vector offset
    .balign 0x80
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp]
    mov     x1, #\offset
    b       enter
    .endm

    .section .text.vectors, "ax"
    .balign 0x800
    .global exception_vectors
exception_vectors:
    .irp    offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    vector  \offset
    .endr

enter:
    save_x2_to_x29
    mrs     x2, sp_el0
    stp     x30, x2, [sp, #16 * 15]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [sp, #16 * 16]
    mrs     x2, esr_el1
    mrs     x3, far_el1
    stp     x2, x3, [sp, #16 * 17]
    str     x1, [sp, #16 * 18]
    mov     x0, sp
    bl      exception_taken

    ldp     x2, x3, [sp, #16 * 16]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x30, x2, [sp, #16 * 15]
    msr     sp_el0, x2
    load_x29_to_x2
    ldp     x0, x1, [sp], #FRAME_SIZE
    eret
