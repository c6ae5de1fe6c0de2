/*
 * From the loader to C. The first PE comes to image_header as the arm64 boot protocol says (Linux, Documentation/arch/arm64/booting):
 * MMU off, x0 the device tree's address, at EL1 or EL2. The others come to secondary_start by PSCI CPU_ON, x0 their number.
 */
#include "layout.h"
#include "sysreg.h"

    .section .text.boot, "ax"
    .global image_header
image_header:
    b       first_pe
    .long   0
    .quad   0                               // text_offset: at the start of 2 MB
    .quad   __image_size
    .quad   0xa                             // little-endian, 4 KB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

first_pe:
    mov     x19, x0
    mov     x20, #0
    bl      leave_el2
    mov     x0, #STACK_SIZE
    adrp    x1, stacks                      // physical: pc is
    add     x1, x1, :lo12:stacks
    add     sp, x1, x0
    mov     x0, x19
    bl      boot_map
    ldr     x21, =first_pe_high
    b       enable_mmu
first_pe_high:
    ldr     x0, =__bss_start
    ldr     x1, =__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  mov     x0, x19
    bl      kernel_main
    b       .

    .global secondary_start
secondary_start:
    mov     x20, x0
    bl      leave_el2
    ldr     x21, =secondary_high
    b       enable_mmu
secondary_high:
    mov     x0, x20
    bl      kernel_secondary
    b       .

    /* Turn translation on and go on at x21, on the stack of PE x20. */
enable_mmu:
    adrp    x0, boot_identity_root
    adrp    x1, kernel_root
    msr     ttbr0_el1, x0
    msr     ttbr1_el1, x1
    ldr     x0, =MAIR_VALUE
    msr     mair_el1, x0
    ldr     x0, =(TCR_T0SZ(VA_BITS) | TCR_T1SZ(VA_BITS) | TCR_TG1_4K | \
                  TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER | \
                  TCR_IRGN1_WBWA | TCR_ORGN1_WBWA | TCR_SH1_INNER)
    mrs     x1, id_aa64mmfr0_el1
    and     x1, x1, #7                      // PARange: 48 bits at most, as 4 KB granules have without FEAT_LPA2
    mov     x2, #5
    cmp     x1, x2
    csel    x1, x1, x2, lo
    bfi     x0, x1, #32, #3                 // IPS
    msr     tcr_el1, x0
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    ldr     x0, =(SCTLR_RES1 | \
                  SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_SA0 | \
                  SCTLR_WXN | /* nothing is both writable and executable */ \
                  SCTLR_DZE | SCTLR_UCT | SCTLR_UCI | /* cache instructions at EL0 */ \
                  SCTLR_nTWI | SCTLR_nTWE /* WFI and WFE too */)
    msr     sctlr_el1, x0
    isb
    ldr     x0, =stacks                     // the linked address now
    mov     x1, #STACK_STRIDE
    mov     x2, #STACK_SIZE
    madd    x0, x1, x20, x0
    add     sp, x0, x2
    msr     cpacr_el1, xzr                  // FP traps until a thread asks for it
    msr     mdscr_el1, xzr
    ldr     x0, =exception_vectors
    msr     vbar_el1, x0
    isb
    br      x21

    /* At EL2: give the guest level everything, and go there. Returns at EL1 with exceptions masked. */
leave_el2:
    msr     daifset, #0xf
    msr     spsel, #1
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.ne    1f
    ldr     x0, =HCR_RW
    msr     hcr_el2, x0
    isb
    mov     x0, #3                          // EL1PCTEN, EL1PCEN: the physical timer is the alarm device
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #0x33ff                     // RES1; nothing trapped
    msr     cptr_el2, x0
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    mov     x0, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
    msr     icc_sre_el2, x0
    isb
    msr     ich_hcr_el2, xzr
    ldr     x0, =(SPSR_DAIF | SPSR_EL1h)
    msr     spsr_el2, x0
    msr     elr_el2, x30
    ldr     x0, =SCTLR_RES1
    msr     sctlr_el1, x0
    eret
1:  ret

    .section .stacks, "aw", %nobits
    .balign 4096
    .skip   4096                            // the lowest guard page
    .global stacks
stacks:
    .skip   STACK_STRIDE * MAX_PES
