/* Runs one kernel at EL1 with the MMU on and prints its checksum. `-append iterations=N` sets how often; the default is the kernel's. */
#include "fdt.h"
#include "kernel.h"
#include "print.h"
#include "runtime.h"

static const char option[] = "iterations=";

static unsigned requested_iterations(void)
{
    const char *arguments = fdt_property("chosen", "bootargs", 0);
    unsigned matched = 0;
    while (arguments && option[matched]) {
        if (arguments[matched] != option[matched])
            return kernel_iterations;
        matched++;
    }
    if (!arguments)
        return kernel_iterations;
    unsigned value = 0;
    for (const char *p = arguments + matched; *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (unsigned)(*p - '0');
    return value;
}

int main(void)
{
    const unsigned iterations = requested_iterations();
    print("%s iterations=%u checksum=%016lx\n", kernel_name, iterations, kernel(iterations));
    return 0;
}
