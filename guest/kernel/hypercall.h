/* Calls to the nanovisor (nanovisor.h). */
#ifndef HYPERCALL_H
#define HYPERCALL_H
#include <stdint.h>

struct hypercall_result {
    uint64_t x[6];
};

/* Ask whether a nanovisor is there. */
void hypercalls_init(void);
int hypercalls_available(void);
/* Up to six arguments in x1 to x6; those not given are 0. */
struct hypercall_arguments {
    uint64_t x[6];
};

/* Everything that came back; x0 is NV_EUNKNOWN without a nanovisor. */
struct hypercall_result hypercall_results(uint64_t function, struct hypercall_arguments arguments);
/* x0 alone. */
#define hypercall(function, ...) ((int64_t)hypercall_results(function, (struct hypercall_arguments){{__VA_ARGS__}}).x[0])

#endif
