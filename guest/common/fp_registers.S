/*
 * The FP and SIMD registers, in the kernel for a thread and in the nanovisor for the guest.
 *
 * void fp_registers_save(void *area), void fp_registers_load(const void *area): V0 to V31, FPCR, FPSR; 528 bytes.
 */
    .altmacro
    .macro  pair operation, first, second, slot
    \operation q\first, q\second, [x0, #32 * \slot]
    .endm
    .macro  all operation
    .set    n, 0
    .rept   16
    pair    \operation, %(2 * n), %(2 * n + 1), %n
    .set    n, n + 1
    .endr
    add     x0, x0, #512
    .endm

    .text
    .global fp_registers_save, fp_registers_load
fp_registers_save:
    all     stp
    mrs     x1, fpcr
    mrs     x2, fpsr
    stp     x1, x2, [x0]
    ret

fp_registers_load:
    all     ldp
    ldp     x1, x2, [x0]
    msr     fpcr, x1
    msr     fpsr, x2
    ret
