/*
 * The EL2 vectors. All of them save a struct frame on SP_EL2 and call trap(), which may return: to the guest, to a hyplet or an
 * application that was interrupted, or to our own wait loop.
 */
#include "el2.h"
#include "general_registers.h"
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
    save_x2_to_x29
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
    load_x29_to_x2
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
