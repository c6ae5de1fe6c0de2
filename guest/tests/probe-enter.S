/* probe.c's way into a body and out of it. */

    .text
    /* struct outcome's caller state goes to x0 (13 words); ERET to x1 with SPSR x2, SP_EL0 x3, and x4, x5 as the body's x0, x1. */
    .global probe_enter
probe_enter:
    stp     x19, x20, [x0]
    stp     x21, x22, [x0, #16]
    stp     x23, x24, [x0, #32]
    stp     x25, x26, [x0, #48]
    stp     x27, x28, [x0, #64]
    stp     x29, x30, [x0, #80]
    mov     x6, sp
    str     x6, [x0, #96]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    msr     sp_el0, x3
    mov     x0, x4
    mov     x1, x5
    adrp    x30, probe_done
    add     x30, x30, :lo12:probe_done
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
    mov     x\n, xzr
    .endr
    eret

    /* The handler returns here with x0 as probe_enter got it. */
    .global probe_leave
probe_leave:
    ldp     x19, x20, [x0]
    ldp     x21, x22, [x0, #16]
    ldp     x23, x24, [x0, #32]
    ldp     x25, x26, [x0, #48]
    ldp     x27, x28, [x0, #64]
    ldp     x29, x30, [x0, #80]
    ldr     x1, [x0, #96]
    mov     sp, x1
    ret

    .section .user, "ax"
    .global probe_done
probe_done:
    svc     #0x7fff
