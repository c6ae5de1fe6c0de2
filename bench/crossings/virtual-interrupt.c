/* EL1 asks EL2 by HVC for a virtual interrupt, which EL2 puts into a list register; EL1 takes, acknowledges and ends it. */
#include "crossing.h"

const char kernel_name[] = "virtual-interrupt";
const unsigned kernel_iterations = 2000000;

#define VIRTUAL_INTID 40UL
#define ICH_LR_PENDING BIT(62)
#define ICH_LR_GROUP1 BIT(60)
#define ICH_HCR_EN BIT(0)
#define ICH_VMCR_VENG1 BIT(1)
#define ICH_VMCR_VPMR (0xffUL << 24)
#define HCR_IMO BIT(4)

/* x2: the list register's value; x0 = 0 in HVCs that aren't calls. */
VECTORS("el2_vectors", LOWER_LEVEL_SYNCHRONOUS,
        "cbnz x0, crossing_call\n"
        "msr ich_lr0_el2, x2\n"
        "isb\n"
        "eret\n");

/* x3 counts interrupts, x4 sums their INTIDs. */
VECTORS("el1_vectors", SAME_LEVEL_IRQ,
        "mrs x16, icc_iar1_el1\n"
        "add x3, x3, #1\n"
        "add x4, x4, x16\n"
        "msr icc_eoir1_el1, x16\n"
        "eret\n");

extern char el1_vectors[];

static void enable_virtual_interface(uint64_t unused)
{
    (void)unused;
    write_sysreg(ich_vmcr_el2, ICH_VMCR_VPMR | ICH_VMCR_VENG1);
    write_sysreg(ich_hcr_el2, ICH_HCR_EN);
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_IMO);
    isb();
}

static uint64_t rounds(uint64_t count)
{
    register uint64_t x0 asm("x0") = 0;
    register uint64_t x2 asm("x2") = ICH_LR_PENDING | ICH_LR_GROUP1 | VIRTUAL_INTID;
    register uint64_t x3 asm("x3") = 0;
    register uint64_t x4 asm("x4") = 0;
    while (count--)
        asm volatile("hvc #0" : "+r"(x3), "+r"(x4) : "r"(x0), "r"(x2) : "x16", "memory");
    return mix(x3, x4);
}

uint64_t kernel(unsigned iterations)
{
    call_at_el2(enable_virtual_interface, 0);
    write_sysreg(vbar_el1, el1_vectors);
    asm volatile("msr daifclr, #2\n\tisb" : : : "memory");
    const uint64_t checksum = rounds(iterations);
    asm volatile("msr daifset, #2" : : : "memory");
    return checksum;
}
