/* A register read that HCR_EL2.TID3 traps, emulated at EL2. */
#include "crossing.h"

const char kernel_name[] = "trapped-register";
const unsigned kernel_iterations = 5000000;

/* The value is where a hypervisor would look it up: EL2's copy of the guest's registers, here x1. */
VECTORS("el2_vectors", LOWER_LEVEL_SYNCHRONOUS,
        HVC_CALLS
        "mrs x16, elr_el2\n"
        "add x16, x16, #4\n"
        "msr elr_el2, x16\n"
        "add x0, x1, x0\n"
        "eret\n");

#define HCR_TID3 BIT(18)

static void trap_identification(uint64_t unused)
{
    (void)unused;
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_TID3);
    isb();
}

uint64_t kernel(unsigned iterations)
{
    call_at_el2(trap_identification, 0);
    register uint64_t x0 asm("x0") = 0;
    register uint64_t x1 asm("x1") = 3;
    for (unsigned i = 0; i < iterations; i++)
        asm volatile("mrs x0, id_aa64isar0_el1" : "+r"(x0) : "r"(x1) : "x16", "x17", "cc");
    return x0;
}
