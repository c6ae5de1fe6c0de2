/* One PE sends an SGI to another, which sleeps in WFI; its handler answers through memory. Run with -smp 2. */
#include "crossing.h"
#include "exceptions.h"
#include "gic.h"
#include "psci.h"

const char kernel_name[] = "inter-processor-interrupt";
const unsigned kernel_iterations = 1000000;

#define SGI 3u

VECTORS("el1_vectors", SAME_LEVEL_IRQ,
        "mrs x16, icc_iar1_el1\n"
        "msr icc_eoir1_el1, x16\n"
        "adrp x16, answers\n"
        "ldr x17, [x16, :lo12:answers]\n"
        "add x17, x17, #1\n"
        "str x17, [x16, :lo12:answers]\n"
        "dsb ishst\n"
        "sev\n"
        "eret\n");

extern char el1_vectors[];
volatile uint64_t answers;
static volatile unsigned ready;

static void answer(unsigned pe)
{
    (void)pe;
    gic_init_pe();
    gic_enable(SGI);
    write_sysreg(vbar_el1, el1_vectors);
    isb();
    ready = 1;
    sev();
    asm volatile("msr daifclr, #2\n1: wfi\n b 1b" : : : "x16", "x17", "memory");
}

uint64_t kernel(unsigned iterations)
{
    gic_init();
    gic_init_pe();
    if (psci_start_pe(1, answer) != PSCI_SUCCESS)
        return 0;
    while (!ready)
        wfe();
    for (uint64_t i = 1; i <= iterations; i++) {
        gic_send_sgi(SGI, 1);
        while (answers != i)
            wfe();
    }
    return answers;
}
