/*
 * The EL2 vectors. All of them save a struct frame on SP_EL2 and call trap(), which may return: to the guest, to a hyplet or an
 * application that was interrupted, or to our own wait loop.
 */
#include "el2.h"
#include "layout.h"
#include "trap.h"

    .macro  vector offset
    .balign 0x80
    sub     sp, sp, #FRAME_SIZE_EL2
    stp     x0, x1, [sp]
    mov     x1, #\offset
    .if     \offset == 0x200                // our own fault: is there still a stack?
    mov     x0, sp
    tbz     x0, #STACK_SIZE_SHIFT, stack_overflow
    .endif
    b       enter
    .endm

    .section .text.vectors, "ax"
    .balign 0x800
    .global vectors
vectors:
    .irp    offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    vector  \offset
    .endr

enter:
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
    mrs     x2, elr_el2
    mrs     x3, spsr_el2
    stp     x30, x2, [sp, #16 * 15]
    str     x3, [sp, #16 * 16]
    mov     x0, sp
    bl      trap

    .global trap_return                     // SP = a struct frame
trap_return:
    ldp     x30, x2, [sp, #16 * 15]
    ldr     x3, [sp, #16 * 16]
    msr     elr_el2, x2
    msr     spsr_el2, x3
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
    ldp     x0, x1, [sp], #FRAME_SIZE_EL2
    eret

stack_overflow:
    adrp    x0, overflow_stack + STACK_SIZE
    add     sp, x0, :lo12:(overflow_stack + STACK_SIZE)
    mrs     x0, far_el2
    b       trap_stack_overflow

    .bss
    .balign 16
overflow_stack:
    .skip   STACK_SIZE

    /*
     * void guest_enter(struct frame *frame, void *stack_top) noreturn: drop all that is on the PE's stack and go to the guest.
     */
    .text
    .global guest_enter
guest_enter:
    sub     sp, x1, #FRAME_SIZE_EL2
    mov     x1, sp
    mov     x2, #FRAME_SIZE_EL2
1:  ldp     x3, x4, [x0], #16
    stp     x3, x4, [x1], #16
    subs    x2, x2, #16
    b.ne    1b
    b       trap_return
