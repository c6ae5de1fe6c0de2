#include "psci.h"
#include "fdt.h"
#include "runtime.h"
#include "sysreg.h"

extern char secondary_start[];

enum psci_conduit psci_conduit(void)
{
    const char *method = fdt_property("psci", "method", 0);
    if (!method)
        return PSCI_NONE;
    return method[0] == 'h' ? PSCI_HVC : PSCI_SMC;
}

int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    const enum psci_conduit conduit = psci_conduit(); /* before the registers are loaded: it is a call */
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    switch (conduit) {
    case PSCI_HVC:
        asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                     "x13", "x14", "x15", "x16", "x17", "memory");
        return (function & 0x40000000) ? (int64_t)x0 : (int64_t)(int32_t)x0;
    case PSCI_SMC:
        asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                     "x13", "x14", "x15", "x16", "x17", "memory");
        return (function & 0x40000000) ? (int64_t)x0 : (int64_t)(int32_t)x0;
    default:
        return PSCI_NOT_SUPPORTED;
    }
}

int64_t psci_start_pe(unsigned pe, void (*entry)(unsigned pe))
{
    runtime_secondary_entry = entry;
    dsb_ish();
    return psci_call(PSCI_CPU_ON, pe, (uint64_t)secondary_start, pe);
}
