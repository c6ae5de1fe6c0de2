#include "psci.h"
#include "board.h"
#include "memory.h"
#include "psci_call.h"
#include "sysreg.h"

#define AFFINITY_OFF 1

extern char secondary_start[];

static int64_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    if (board.psci == 1)
        asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    else if (board.psci == 2)
        asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    else
        return PSCI_NOT_SUPPORTED;
    return (int64_t)x0;
}

void psci_system_off(void)
{
    call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        wfi();
}

int64_t psci_cpu_on(unsigned pe)
{
    return call(PSCI_CPU_ON, board.affinity[pe], image_physical(secondary_start), pe);
}

int64_t psci_cpu_off(void)
{
    return call(PSCI_CPU_OFF, 0, 0, 0);
}

int psci_is_on(unsigned pe)
{
    return call(PSCI_AFFINITY_INFO, board.affinity[pe], 0, 0) != AFFINITY_OFF;
}
