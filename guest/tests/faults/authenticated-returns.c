/* FEAT_PAuth: ERETAA and ERETAB with addresses signed as they expect, and otherwise. Needs max. */
#include "../probe.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

asm(".arch armv8.3-a");

#define SCTLR_EnIA BIT(31)
#define SCTLR_EnIB BIT(30)

/* x0: SPSR to return with. Signs the address of the end with SP as modifier, and returns to it. */
#define RETURN(sign, eret) "adr x1, 1f\n" sign "\nmsr elr_el1, x1\nmov x1, #0\nmsr spsr_el1, x0\n" eret "\n1: mov x1, #1"

BODY(a_by_a, RETURN("pacia x1, sp", "eretaa"))
BODY(b_by_b, RETURN("pacib x1, sp", "eretab"))
BODY(a_by_b, RETURN("pacia x1, sp", "eretab"))
BODY(unsigned_a, RETURN("nop", "eretaa"))
BODY(at_el0, "eretaa")

static const struct probe_case cases[] = {
    {"signed with A, eretaa", a_by_a, AT_EL1h, AT_EL1h, 0, 0, 0},
    {"signed with B, eretab", b_by_b, AT_EL1h, AT_EL1h, 0, 0, 0},
    {"signed with A, eretab", a_by_b, AT_EL1h, AT_EL1h, 0, 0, 0},
    {"not signed, eretaa", unsigned_a, AT_EL1h, AT_EL1h, 0, 0, 0},
    {"eretaa at EL0", at_el0, AT_EL0, 0, 0, 0, 0},
};

static void run(const char *heading)
{
    print("%s\n", heading);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct outcome o = probe(&cases[i]);
        probe_print(&cases[i], &o);
    }
}

int main(void)
{
    probe_init();
    run("keys disabled");
    write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_EnIA | SCTLR_EnIB);
    asm volatile("msr apiakeylo_el1, %0\nmsr apibkeyhi_el1, %0\nisb" : : "r"(0x123456789abcdef0UL));
    run("keys enabled");
    return 0;
}
