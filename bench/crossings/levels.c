#include "crossing.h"
#include "mmu.h"
#include "print.h"
#include "semihosting.h"
#include "virt.h"

void crossing_lost(void)
{
    print("an exception that isn't part of the crossing\n");
    semihosting_exit(5);
}

static char el2_stack[0x4000] __attribute__((aligned(16), used));

asm(".pushsection .text.crossing_call, \"ax\"\n"
    ".global crossing_call\n"
    "crossing_call:\n"
    "    adrp x16, el2_stack + 0x4000\n"
    "    add x16, x16, :lo12:el2_stack + 0x4000\n"
    "    mov sp, x16\n"
    "    str x30, [sp, #-16]!\n"
    "    mov x16, x0\n"
    "    mov x0, x1\n"
    "    blr x16\n"
    "    ldr x30, [sp], #16\n"
    "    eret\n"
    ".popsection\n");

void call_at_el2(void (*function)(uint64_t), uint64_t argument)
{
    register uint64_t x0 asm("x0") = (uint64_t)function;
    register uint64_t x1 asm("x1") = argument;
    asm volatile("hvc #0"
                 : "+r"(x0), "+r"(x1)
                 :
                 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc", "memory");
}

#define TCR_EL2_RES1 (BIT(31) | BIT(23))
#define SCTLR_EL2_RES1 0x30c50830UL

static uint64_t el2_root[512] __attribute__((aligned(4096)));

void enable_el2_mmu(uint64_t unused)
{
    (void)unused;
    const uint64_t tcr = read_sysreg(tcr_el1);
    el2_root[0] = MAP_DEVICE | PTE_VALID;
    el2_root[1] = VIRT_RAM_BASE | MAP_NORMAL | PTE_VALID;
    write_sysreg(mair_el2, read_sysreg(mair_el1));
    write_sysreg(tcr_el2, TCR_EL2_RES1
                              | field(tcr, 15, 0) /* T0SZ, cacheability, shareability and granule are laid out as EL1's */
                              | field(tcr, 34, 32) << 16); /* PS */
    write_sysreg(ttbr0_el2, el2_root);
    asm volatile("tlbi alle2\n\tdsb sy\n\tisb" : : : "memory");
    write_sysreg(sctlr_el2, SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_I);
    isb();
}
