#include "hypercall.h"
#include "board.h"
#include "nanovisor.h"

static int available;

static struct hypercall_result call(uint64_t function, const struct hypercall_arguments *arguments)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = arguments->x[0];
    register uint64_t x2 asm("x2") = arguments->x[1];
    register uint64_t x3 asm("x3") = arguments->x[2];
    register uint64_t x4 asm("x4") = arguments->x[3];
    register uint64_t x5 asm("x5") = arguments->x[4];
    register uint64_t x6 asm("x6") = arguments->x[5];
    asm volatile("hvc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6)
                 :
                 : "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    return (struct hypercall_result){{x0, x1, x2, x3, x4, x5}};
}

/* HVC is undefined where there is no EL2, which the conduit tells; a PSCI without a nanovisor behind it answers "not supported". */
void hypercalls_init(void)
{
    const struct hypercall_arguments none = {0};
    available = board.psci == 1 && call(NV_VERSION, &none).x[0] == 1;
}

int hypercalls_available(void)
{
    return available;
}

struct hypercall_result hypercall_results(uint64_t function, struct hypercall_arguments arguments)
{
    return available ? call(function, &arguments) : (struct hypercall_result){{(uint64_t)NV_EUNKNOWN}};
}
