    /*
     * uint64_t general_registers_lost(function, a, b): an SMC with x19 to x28 and D0 to D31 full of numbers; how far their sums are
     * from what they were.
     */
    .text
    .global general_registers_lost
general_registers_lost:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mov     x3, #0
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    mov     x9, #(\n * 3 + 1)
    fmov    d\n, x9
    .endr
    .irp    n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    mov     x\n, #(\n * 257)
    .endr
    smc     #0
    mov     x0, #0
    mov     x9, #(235 * 257)
    sub     x0, x0, x9
    .irp    n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add     x0, x0, x\n
    .endr
    mov     x9, #(496 * 3 + 32)
    sub     x0, x0, x9
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fmov    x9, d\n
    add     x0, x0, x9
    .endr
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret
