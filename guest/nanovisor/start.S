/*
 * From the loader to C at EL2 with the MMU on. The first PE comes as an arm64 Image or as an ELF, the others through PSCI CPU_ON;
 * all enter with the MMU off at physical addresses. x19 = what x0 was.
 */
#include "el2.h"
#include "layout.h"
#include "virt.h"

    .section .text.head, "ax"
    .global _start
_start:                                     // the Image header (Linux, Documentation/arch/arm64/booting.rst)
    b       first_pe
    .word   0
    .quad   IMAGE_OFFSET                    // from the start of RAM
    .quad   __image_end - _start
    .quad   0b1010                          // little-endian, 4 KB pages, anywhere
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

first_pe:
    mov     x19, x0
    mrs     x1, mpidr_el1
    tst     x1, #0xffffff
    b.ne    stop                            // without firmware all PEs come in at once
    mov     x20, xzr
    bl      reach_el2
    adrp    x0, __bss_start
    adrp    x1, __bss_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b
    bl      use_stack
    bl      enable_vhe
    mov     x0, x19
    bl      stage1_build                    // C, at physical addresses: it may use nothing that holds a pointer
    bl      enable_mmu
    ldr     x1, =nanovisor_main
    mov     x0, x19
    br      x1

    .global secondary_start                 // x0 = the PE's number
secondary_start:
    mov     x19, x0
    mov     x20, x0
    bl      reach_el2
    bl      use_stack
    bl      enable_vhe
    bl      enable_mmu
    ldr     x1, =nanovisor_secondary
    mov     x0, x19
    br      x1

    /* At EL3, drop to EL2. At EL1 there is nothing to be done but to say so. */
reach_el2:
    msr     daifset, #0xf
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.lo    no_el2
    b.eq    1f
    ldr     x0, =(SCR_RES1 | SCR_NS /* EL2 is Non-secure */ | SCR_HCE | SCR_RW /* and AArch64 */ | SCR_APK | SCR_API)
    msr     scr_el3, x0
    msr     cptr_el3, xzr
    msr     mdcr_el3, xzr
    mov     x0, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
    msr     icc_sre_el3, x0
    ldr     x0, =(SPSR_DAIF | SPSR_EL2h)
    msr     spsr_el3, x0
    msr     elr_el3, x30
    eret
1:  msr     spsel, #1
    ret

no_el2:
    adr     x0, no_el2_message
    mov     x1, #VIRT_UART_BASE
1:  ldrb    w2, [x0], #1
    cbz     w2, stop
    str     w2, [x1]
    b       1b
stop:
    wfi
    b       stop
no_el2_message:
    .asciz  "nanovisor: started at EL1, and needs EL2: give the machine virtualization=on\r\n"
    .balign 4

    /* SP = the top of PE x20's stack, at physical addresses; enable_mmu moves it up. */
use_stack:
    adrp    x0, __stacks
    add     x1, x20, #1
    add     x0, x0, x1, lsl #(STACK_SIZE_SHIFT + 1)
    mov     sp, x0
    ret

    /* E2H where the core has it. It decides how the registers below are laid out, so it comes first. */
enable_vhe:
    ldr     x0, =(HCR_RW | HCR_APK | HCR_API)
    mrs     x1, id_aa64mmfr1_el1
    ubfx    x1, x1, #8, #4                  // VH
    cbz     x1, 1f
    orr     x0, x0, #HCR_E2H
    mov     w1, #1
1:  msr     hcr_el2, x0
    isb
    adrp    x0, vhe
    strb    w1, [x0, :lo12:vhe]
    ret

    /* Translation on with the tables in `stage1_root`, and go on at the caller's linear address. */
enable_mmu:
    adrp    x0, stage1_root
    ldr     x0, [x0, :lo12:stage1_root]
    msr     ttbr0_el2, x0
    ldr     x0, =0xff440400                 // Device-nGnRnE, Device-nGnRE, Non-cacheable, Write-Back: enum memory_type
    msr     mair_el2, x0
    mrs     x2, id_aa64mmfr0_el1
    and     x2, x2, #7                      // PARange; 52 bits need another granule or LPA2
    cmp     x2, #5
    mov     x3, #5
    csel    x2, x2, x3, lo
    ldr     x0, =(TCR_T0SZ(48) | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER) // TG0 = 0: 4 KB
    mrs     x1, hcr_el2
    tbnz    x1, #34, 1f
    ldr     x1, =(1 << 31 | 1 << 23)        // RES1
    orr     x0, x0, x1
    orr     x0, x0, x2, lsl #16             // PS
    ldr     x1, =SCTLR_EL2_VALUE
    b       2f
1:  ldr     x1, =(TCR_EPD1 | TCR_T1SZ(48) | TCR_TG1_4K) // with E2H there is an upper half, which we don't use
    orr     x0, x0, x1
    orr     x0, x0, x2, lsl #32             // IPS
    ldr     x1, =SCTLR_EL2_E2H_VALUE
2:  msr     tcr_el2, x0
    tlbi    alle2
    dsb     ish
    ic      iallu
    dsb     ish
    isb
    msr     sctlr_el2, x1
    isb
    ldr     x0, =LINEAR_BASE
    add     x30, x30, x0
    mov     x1, sp
    add     sp, x1, x0
    ret

    .section .stacks, "aw", %nobits
    .skip   STACK_SLOT * MAX_PES
