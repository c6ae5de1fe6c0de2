/*
 * From reset to C at EL1. Entered at EL3, EL2 or EL1 with the MMU off: by the loader on the first PE, and through PSCI CPU_ON on the
 * others. Without PSCI all PEs come in at once, and all but the first stop here.
 */
#include "exceptions.h"
#include "sysreg.h"
#include "virt.h"

#define STACK_SIZE 0x4000

    /* Vector tables of programs that have something to do at EL2 or EL3; 0 in others. */
    .weak   el2_vectors
    .weak   el3_vectors

    .section .text.boot, "ax"
    .global _start
_start:
    mov     x19, x0                         // the device tree, when the loader says where it is
    mrs     x1, mpidr_el1
    tst     x1, #0xffffff                   // Aff2.Aff1.Aff0: 0 is the first PE
    b.ne    park
    adr     x20, first_pe
    adrp    x21, stacks + STACK_SIZE
    add     x21, x21, :lo12:stacks + STACK_SIZE
    b       drop_to_el1

first_pe:
    adrp    x0, __bss_start
    add     x0, x0, :lo12:__bss_start
    adrp    x1, __bss_end
    add     x1, x1, :lo12:__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  mov     x0, x19
    mov     x1, x22                         // the exception level that we were started at
    bl      runtime_main
park:
    wfi
    b       park

    /* PSCI CPU_ON's entry point; x0 is the PE's number. */
    .global secondary_start
secondary_start:
    mov     x19, x0
    adr     x20, secondary_pe
    mov     x2, #STACK_SIZE
    adrp    x21, stacks
    add     x21, x21, :lo12:stacks
    add     x3, x0, #1
    madd    x21, x3, x2, x21
    b       drop_to_el1
secondary_pe:
    mov     x0, x19
    bl      runtime_secondary
    b       park

    /*
     * Go on at x20 at EL1 with SP_EL1 = x21, exceptions masked, FP on, and SCTLR_EL1 with only its RES1 bits. x19 is kept; x22 says
     * where we came from.
     */
drop_to_el1:
    msr     daifset, #0xf
    mov     sp, x21
    mrs     x22, CurrentEL
    lsr     x22, x22, #2
    cmp     x22, #2
    b.eq    at_el2
    b.lo    at_el1

    ldr     x0, =el3_vectors
    msr     vbar_el3, x0
    bl      gic_give_to_non_secure          // the distributor's groups are Secure state's to choose
    mrs     x4, id_aa64pfr0_el1
    ubfx    x4, x4, #8, #4                  // is there an EL2?
    ldr     x0, =(SCR_RES1 | \
                  SCR_NS  | /* EL1 and EL2 are Non-secure */ \
                  SCR_FIQ | /* FIQs, Group 0's, come to EL3; so Non-secure state sees priorities in its own half */ \
                  SCR_HCE | /* HVC works */ \
                  SCR_RW  | /* the next lower level is AArch64 */ \
                  SCR_APK | SCR_API) /* pointer authentication is not trapped (RES0 without FEAT_PAuth) */
    msr     scr_el3, x0
    msr     cptr_el3, xzr                   // FP and CPACR_EL1 are not trapped
    msr     mdcr_el3, xzr                   // debug and PMU registers are not trapped
    mov     x0, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
    msr     icc_sre_el3, x0                 // system-register GIC interface here, and lower levels may choose it
    isb
    mov     x0, #0xff
    msr     icc_pmr_el1, x0                 // Non-secure state may only move the mask within its half, once it is there
    ldr     x0, =(SPSR_DAIF | SPSR_EL1h)
    ldr     x1, =(SPSR_DAIF | SPSR_EL2h)
    cmp     x4, #0
    csel    x0, x0, x1, eq
    adr     x1, at_el1
    adr     x2, at_el2
    csel    x1, x1, x2, eq
    msr     spsr_el3, x0
    msr     elr_el3, x1
    eret

at_el2:
    mov     sp, x21
    ldr     x0, =el2_vectors
    msr     vbar_el2, x0
    ldr     x0, =(HCR_RW | /* EL1 is AArch64 */ \
                  HCR_APK | HCR_API) /* pointer authentication is not trapped */
    msr     hcr_el2, x0
    isb                                     // E2H is 0 now: the layouts below are those of a machine without VHE
    mov     x0, #3                          // EL1PCTEN, EL1PCEN: physical counter and timer are EL1's too
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr                // virtual time is physical time
    mov     x0, #0x33ff                     // RES1 bits; nothing trapped
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    mrs     x1, id_aa64dfr0_el1
    ubfx    x1, x1, #8, #4                  // PMUVer
    mov     x0, xzr
    sub     x1, x1, #1
    cmp     x1, #0xe
    b.hs    1f                              // 0 or 0xf: no architected PMU, so no PMCR_EL0
    mrs     x0, pmcr_el0
    ubfx    x0, x0, #11, #5                 // N
1:  msr     mdcr_el2, x0                    // HPMN = N: all counters are EL1's; nothing trapped
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    msr     vttbr_el2, xzr                  // VMID 0; stage 2 is off in HCR_EL2
    mov     x0, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
    msr     icc_sre_el2, x0
    isb
    msr     ich_hcr_el2, xzr                // no virtual CPU interface
    ldr     x0, =(SPSR_DAIF | SPSR_EL1h)
    msr     spsr_el2, x0
    adr     x0, at_el1
    msr     elr_el2, x0
    eret

at_el1:
    ldr     x0, =SCTLR_RES1
    msr     sctlr_el1, x0
    msr     spsel, #1
    mov     sp, x21
    mov     x0, #CPACR_FPEN_NONE            // FP and SIMD are not trapped at EL0 and EL1
    msr     cpacr_el1, x0
    msr     mdscr_el1, xzr                  // no debug exceptions
    isb
    br      x20

    .section .stacks, "aw", %nobits
    .balign 16
stacks:
    .skip   STACK_SIZE * MAX_PES
