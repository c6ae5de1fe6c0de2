/* EL0 to EL1 by SVC, and back. */
#include "crossing.h"

const char kernel_name[] = "svc";
const unsigned kernel_iterations = 10000000;

VECTORS("svc_vectors", LOWER_LEVEL_SYNCHRONOUS,
        "cbz x0, 1f\n"
        "eret\n"
        "1: mov x0, x1\n"
        "ret x30\n");

/* x0: rounds; x1 counts them. */
asm(".pushsection .user, \"ax\"\n"
    ".global svc_rounds\n"
    "svc_rounds:\n"
    "1: sub x0, x0, #1\n"
    "   add x1, x1, #1\n"
    "   svc #0\n"
    "   b 1b\n"
    ".popsection\n");

extern char svc_vectors[], svc_rounds[];

/* The last SVC's handler returns from here. */
uint64_t svc_enter(uint64_t rounds, uint64_t zero);
asm(".pushsection .text.svc_enter, \"ax\"\n"
    ".global svc_enter\n"
    "svc_enter:\n"
    "   eret\n"
    ".popsection\n");

uint64_t kernel(unsigned iterations)
{
    if (iterations == 0)
        return 0;
    write_sysreg(vbar_el1, svc_vectors);
    write_sysreg(elr_el1, svc_rounds);
    write_sysreg(spsr_el1, SPSR_DAIF | SPSR_EL0t);
    isb();
    return svc_enter(iterations, 0);
}
