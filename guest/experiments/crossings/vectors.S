/* Handlers that do no more than count, and handlers that save and restore all general registers, as most systems do. */
#include "crossings.h"
#include "general_registers.h"
#include "lab.h"

    /* A vector table with `handler` for synchronous exceptions from a lower level; all others stop the program. */
    .macro  vectors name, handler
    .balign 0x800
    .global \name
\name:
    .rept   0x400 / 4
    b       lost
    .endr
    b       \handler
    .rept   0x400 / 4 - 1
    b       lost
    .endr
    .endm

    .section .text.vectors, "ax"
    vectors el1_plain_vectors, el1_plain
    vectors el2_vectors, plain
    vectors el2_saving_vectors, saving
    vectors el2_trap_vectors, trap
    vectors el3_vectors, plain

lost:
    mov     x0, #0x18                       // SYS_EXIT, with a block that says it isn't ADP_Stopped_ApplicationExit
    adr     x1, lost_block
    hlt     #0xf000
    b       lost
    .balign 8
lost_block:
    .quad   0x20024, 6

    /* x1 counts; x2 is 0, or where to go. */
el1_plain:
    cbnz    x2, user_leave
    add     x1, x1, #1
    eret
plain:
    cbnz    x2, 1f
    add     x1, x1, #1
    eret
1:  br      x2

    /* HVC of a hypervisor that saves its guest's registers and looks the call up. */
saving:
    cbnz    x2, 1f
    sub     sp, sp, #256
    stp     x0, x1, [sp, #16 * 0]
    save_x2_to_x29
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    stp     x30, x1, [sp, #16 * 15]
    lsr     x1, x0, #26
    cmp     x1, #0x16
    b.ne    lost
    and     x0, x0, #3
    adr     x1, calls
    ldr     x1, [x1, x0, lsl #3]
    mov     x0, sp
    blr     x1
    ldp     x30, x1, [sp, #16 * 15]
    msr     elr_el2, x1
    load_x29_to_x2
    ldp     x0, x1, [sp], #256
    eret
1:  br      x2

    .balign 8
calls:
    .quad   count, count, count, count
count:
    ldr     x1, [x0, #8]
    add     x1, x1, #1
    str     x1, [x0, #8]
    ret

    /* A read that HCR_EL2.TID3 traps: the answer goes to x3, and the instruction is stepped over. HVCs still go to x2. */
trap:
    mrs     x16, esr_el2
    lsr     x17, x16, #26
    cmp     x17, #0x18
    b.ne    1f
    ubfx    x17, x16, #5, #5
    cmp     x17, #3
    b.ne    lost
    mrs     x16, elr_el2
    add     x16, x16, #4
    msr     elr_el2, x16
    mov     x3, #0x1234
    add     x1, x1, #1
    eret
1:  br      x2

    .global el2_use_vectors
el2_use_vectors:                            // x3: the table; x4: SP_EL2
    msr     vbar_el2, x3
    mov     sp, x4
    isb
    eret
    .global el2_set_hcr
el2_set_hcr:                                // x3: the bits
    mrs     x4, hcr_el2
    orr     x4, x4, x3
    msr     hcr_el2, x4
    isb
    eret

    .section .user, "ax"
user_rounds:                                // x0: the crossing; x3: rounds; x1 counts
1:  LAB_BEGIN
    svc     #0
    LAB_END
    sub     x3, x3, #1
    cbnz    x3, 1b
    mov     x2, #1
    svc     #0

    .text
    .global user_svcs
user_svcs:
    adrp    x4, user_rounds
    add     x4, x4, :lo12:user_rounds
    msr     elr_el1, x4
    mov     x4, #0x3c0                      // EL0t, everything masked
    msr     spsr_el1, x4
    mov     x3, x0
    mov     x0, x1
    mov     x1, xzr
    mov     x2, xzr
    eret
    .global user_leave
user_leave:
    mov     x0, x1
    ret

    .macro  save_general
    stp     x19, x20, [x0, #16 * 0]
    stp     x21, x22, [x0, #16 * 1]
    stp     x23, x24, [x0, #16 * 2]
    stp     x25, x26, [x0, #16 * 3]
    stp     x27, x28, [x0, #16 * 4]
    stp     x29, x30, [x0, #16 * 5]
    mov     x2, sp
    str     x2, [x0, #16 * 6]
    .endm
    .macro  restore_general
    ldr     x2, [x1, #CONTEXT_TTBR]
    msr     ttbr0_el1, x2
    isb
    ldp     x19, x20, [x1, #16 * 0]
    ldp     x21, x22, [x1, #16 * 1]
    ldp     x23, x24, [x1, #16 * 2]
    ldp     x25, x26, [x1, #16 * 3]
    ldp     x27, x28, [x1, #16 * 4]
    ldp     x29, x30, [x1, #16 * 5]
    ldr     x2, [x1, #16 * 6]
    mov     sp, x2
    .endm

    .global switch_context
switch_context:
    save_general
    restore_general
    ret

    .global switch_context_fp
switch_context_fp:
    save_general
    add     x3, x0, #CONTEXT_FP
    stp     q0, q1, [x3, #0]
    stp     q2, q3, [x3, #32]
    stp     q4, q5, [x3, #64]
    stp     q6, q7, [x3, #96]
    stp     q8, q9, [x3, #128]
    stp     q10, q11, [x3, #160]
    stp     q12, q13, [x3, #192]
    stp     q14, q15, [x3, #224]
    stp     q16, q17, [x3, #256]
    stp     q18, q19, [x3, #288]
    stp     q20, q21, [x3, #320]
    stp     q22, q23, [x3, #352]
    stp     q24, q25, [x3, #384]
    stp     q26, q27, [x3, #416]
    stp     q28, q29, [x3, #448]
    stp     q30, q31, [x3, #480]
    mrs     x4, fpsr
    mrs     x5, fpcr
    str     x4, [x3, #512]
    str     x5, [x3, #520]
    add     x3, x1, #CONTEXT_FP
    ldp     q0, q1, [x3, #0]
    ldp     q2, q3, [x3, #32]
    ldp     q4, q5, [x3, #64]
    ldp     q6, q7, [x3, #96]
    ldp     q8, q9, [x3, #128]
    ldp     q10, q11, [x3, #160]
    ldp     q12, q13, [x3, #192]
    ldp     q14, q15, [x3, #224]
    ldp     q16, q17, [x3, #256]
    ldp     q18, q19, [x3, #288]
    ldp     q20, q21, [x3, #320]
    ldp     q22, q23, [x3, #352]
    ldp     q24, q25, [x3, #384]
    ldp     q26, q27, [x3, #416]
    ldp     q28, q29, [x3, #448]
    ldp     q30, q31, [x3, #480]
    ldr     x4, [x3, #512]
    ldr     x5, [x3, #520]
    msr     fpsr, x4
    msr     fpcr, x5
    restore_general
    ret

    .global thread_start
thread_start:
    blr     x19
