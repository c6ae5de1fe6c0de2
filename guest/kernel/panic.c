#include "panic.h"
#include "print.h"
#include "psci_call.h"
#include "sysreg.h"

void panic(const char *why)
{
    print("kernel: panic: %s\n", why);
    psci_system_off();
}

void kernel_fault(uint64_t vector, uint64_t link, uint64_t sp)
{
    print("kernel: vector %lu from EL1: ESR %lx FAR %lx ELR %lx SPSR %lx x30 %lx SP %lx\n", vector, read_sysreg(esr_el1),
          read_sysreg(far_el1), read_sysreg(elr_el1), read_sysreg(spsr_el1), link, sp);
    panic("an exception in the kernel");
}
