/*
 * Runs a few instructions at a chosen exception level and reports how that ended: with which exception, and what the registers said.
 * One line of output a case, the same on every machine that follows the architecture.
 */
#ifndef PROBE_H
#define PROBE_H
#include "sysreg.h"
#include <stdint.h>

/* Bodies live where EL0 may fetch too. They get x0 and x1, all other general registers are 0, and end by falling into the RET. */
#define BODY(name, text)                                                                                       \
    asm(".pushsection .user, \"ax\"\n.balign 4\n" #name ":\n" text "\nret\n.popsection"); \
    extern const char name[];

#define AT_EL0 (SPSR_EL0t | SPSR_DAIF)
#define AT_EL1t (SPSR_EL1t | SPSR_DAIF)
#define AT_EL1h (SPSR_EL1h | SPSR_DAIF)

struct probe_case {
    const char *name;
    const char *body;
    uint64_t spsr; /* PSTATE that the body starts with */
    uint64_t x0, x1;
    void (*before)(void);
    void (*after)(void);
};

struct outcome {
    int excepted; /* 0: the body ran to its end */
    uint64_t vector, esr, far, elr, spsr, x0, x1;
};

/* Map the EL0 stack and take over exception handling. */
void probe_init(void);
struct outcome probe(const struct probe_case *c);
void probe_print(const struct probe_case *c, const struct outcome *o);
/* When set: called in the exception handler, before anything else. */
extern void (*probe_in_handler)(void);
/* probe() and probe_print() for each. */
void probe_all(const struct probe_case *cases, unsigned count);

#define PROBE_ALL(cases) probe_all(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
