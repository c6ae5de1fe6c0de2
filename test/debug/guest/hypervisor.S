/*
 * A small hypervisor: EL2 without stage 1, a guest at EL1 with stage 1 and stage 2 on. The guest sees RAM at 0x8000_0000 in its
 * virtual addresses, which is IPA 0x4000_0000 (stage 1 blocks of 1 GB) and the same physical address (stage 2 blocks of 2 MB).
 */
    .text
    .global _start, vectors2, vectors1, lower_sync, guest, guest_loop, guest_service, handled, tick
_start:
    ldr     x0, =stack_top
    mov     sp, x0
    ldr     x0, =vectors2
    msr     vbar_el2, x0
    /* Stage 2, from level 1 with 4 KB granule, 39 bits of IPA: one entry to a level 2 table of RAM's first GB. */
    ldr     x0, =s2_level1
    ldr     x1, =s2_level2
    orr     x2, x1, #3
    str     x2, [x0, #8]
    mov     x2, #0x40000000
    movz    x3, #0x7fd              // AF, inner shareable, S2AP rw, normal write-back, block
    orr     x2, x2, x3
    mov     x4, #512
1:  str     x2, [x1], #8
    add     x2, x2, #0x200000
    subs    x4, x4, #1
    b.ne    1b
    msr     vttbr_el2, x0
    ldr     x2, =0x80023559         // 40-bit PA, 4 KB, SL0 level 1, T0SZ 25, write-back, inner shareable
    msr     vtcr_el2, x2
    mov     x2, #1
    orr     x2, x2, #1 << 31        // HCR_EL2.VM, RW
    msr     hcr_el2, x2
    /* Stage 1 of the guest: VA 0x8000_0000 and 0x4000_0000 are both IPA 0x4000_0000. */
    ldr     x0, =s1_level1
    ldr     x2, =0x40000701         // AF, inner shareable, block
    str     x2, [x0, #8]
    str     x2, [x0, #16]
    msr     ttbr0_el1, x0
    mov     x2, #0xff
    msr     mair_el1, x2
    ldr     x2, =0x200803519        // 40-bit IPA, EPD1, write-back, inner shareable, T0SZ 25
    msr     tcr_el1, x2
    ldr     x0, =vectors1
    msr     vbar_el1, x0
    tlbi    alle1
    dsb     sy
    isb
    ldr     x2, =0x30d00801 | 4     // SCTLR_EL1.M, C
    msr     sctlr_el1, x2
    ldr     x0, =guest
    msr     elr_el2, x0
    mov     x0, #0x3c5
    msr     spsr_el2, x0
    isb
    eret

guest:
    mov     x20, #0
    ldr     x21, =tick
    orr     x21, x21, #0x80000000   // the other alias
    and     x21, x21, #~0x40000000
    ldr     x0, =guest_stack_top
    mov     sp, x0
guest_loop:
    bl      guest_service
    add     x20, x20, #1
    str     x20, [x21]
    b       guest_loop
guest_service:
    mov     x0, x20
    hvc     #7
    svc     #3
    ret

    .balign 2048
vectors2:
    .rept 8
    b       .
    .balign 128
    .endr
lower_sync:
    mrs     x1, esr_el2
    add     x2, x2, #1
handled:
    eret
    .balign 2048
vectors1:
    .rept 4
    b       .
    .balign 128
    .endr
    add     x3, x3, #1
    eret

    .data
    .balign 4096
tick: .quad 0
    .bss
    .balign 4096
s2_level1: .skip 4096
s2_level2: .skip 4096
s1_level1: .skip 4096
    .skip 4096
stack_top:
    .skip 4096
guest_stack_top:
