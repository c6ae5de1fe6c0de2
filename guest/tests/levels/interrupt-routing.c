/*
 * Which level takes IRQs and FIQs, and where they are masked: every combination of SCR_EL3.{NS, IRQ, FIQ} and HCR_EL2.{IMO, FMO, TGE, E2H}, at
 * every level, with PSTATE.I and F set and clear. The same for virtual ones by HCR_EL2.{VI, VF}.
 */
#include "gic.h"
#include "levels.h"
#include "print.h"
#include "sysreg.h"
#include "virt.h"

#define SCR_IRQ BIT(1)
#define HCR_FMO BIT(3)
#define HCR_IMO BIT(4)
#define HCR_VF BIT(6)
#define HCR_VI BIT(7)
#define HCR_TGE BIT(27)
#define HCR_E2H BIT(34)
#define GICD(offset) (*(volatile uint32_t *)(VIRT_GICD_BASE + (offset)))
#define GICR(offset) (*(volatile uint32_t *)(VIRT_GICR_BASE + (offset)))
#define SGI 3u

asm(".pushsection .text\n"
    ".balign 4\n"
    "body:\n"
    "    nop\n"
    "    isb\n"
    "    nop\n"
    "    brk #0x7fff\n"
    ".popsection\n");
extern const char body[];

/* One letter for who took what: the level for an interrupt, - when the body ran to its end. */
static char attempt(uint64_t spsr)
{
    struct run run = {.body = (uint64_t)body, .spsr = spsr};
    levels_run(&run);
    const uint64_t kind = run.vector & 0x180;
    return kind == 0 ? '-' : (char)('0' + run.el);
}

/* At each level, with both masks clear, I set, F set. */
static void show(int el2_enabled)
{
    static const uint64_t levels[] = {LEVEL_EL0, LEVEL_EL1H, LEVEL_EL2H, LEVEL_EL3H};
    static const uint64_t masks[] = {0, SPSR_I, SPSR_F};
    const int general = (read_sysreg(hcr_el2) & HCR_TGE) != 0 && el2_enabled;
    for (unsigned n = 0; n < 4; n++) {
        print(" ");
        if ((n == 1 && general) || (n == 2 && !el2_enabled)) { /* an illegal return */
            print("   ");
            continue;
        }
        for (unsigned m = 0; m < 3; m++)
            print("%c", attempt((levels[n] & ~(SPSR_I | SPSR_F)) | masks[m]));
    }
}

static void sweep(const char *what, int host_extensions, uint64_t always)
{
    print("%s: levels 0 to 3, each with nothing masked, I, F\n", what);
    for (unsigned scr = 0; scr < 8; scr++)
        for (unsigned hcr = 0; hcr < 16; hcr++) {
            if (hcr & 8 && !host_extensions)
                continue;
            const uint64_t ns = scr & 4 ? SCR_NS : 0;
            if (!ns && hcr & 12) /* no EL2 in Secure state */
                continue;
            write_sysreg(scr_el3, SCR_RES1 | SCR_RW | SCR_HCE | ns | (scr & 1 ? SCR_IRQ : 0) | (scr & 2 ? SCR_FIQ : 0));
            write_sysreg(hcr_el2, HCR_RW | always | (hcr & 1 ? HCR_IMO : 0) | (hcr & 2 ? HCR_FMO : 0) | (hcr & 4 ? HCR_TGE : 0) |
                                      (hcr & 8 ? HCR_E2H : 0));
            isb();
            print("NS %u IRQ %u FIQ %u  IMO %u FMO %u TGE %u E2H %u ", scr >> 2, scr & 1, scr >> 1 & 1, hcr & 1, hcr >> 1 & 1, hcr >> 2 & 1,
                  hcr >> 3);
            show(ns != 0);
            print("\n");
        }
}

/* The SGI in a group: its kind of interrupt depends on the level (IHI 0069, 4.6.2). */
static void configure(unsigned group, unsigned modifier)
{
    GICR(0x10000 + 0x280) = ~0u; /* ICPENDR0 */
    GICR(0x10000 + 0x080) = group ? 1u << SGI : 0;
    GICR(0x10000 + 0xd00) = modifier ? 1u << SGI : 0;
    GICR(0x10000 + 0x100) = 1u << SGI;
    GICR(0x10000 + 0x200) = 1u << SGI; /* pending until the end */
}

int main(void)
{
    const int host_extensions = field(read_sysreg(id_aa64mmfr1_el1), 11, 8) != 0;
    const uint64_t none = SCR_RES1 | SCR_RW | SCR_HCE;
    write_sysreg(scr_el3, none);
    write_sysreg(hcr_el2, HCR_RW);
    isb();
    GICD(0) = 0x30; /* ARE_S, ARE_NS */
    GICD(0) = 0x37; /* and all groups */
    GICR(0x14) &= ~2u; /* awake */
    while (GICR(0x14) & 4)
        ;
    write_sysreg(icc_pmr_el1, 0xff);
    write_sysreg(icc_igrpen0_el1, 1);
    write_sysreg(s3_6_c12_c12_7, 3); /* ICC_IGRPEN1_EL3: both */
    isb();

    configure(0, 0);
    sweep("Group 0", host_extensions, 0);
    configure(0, 1);
    sweep("Secure Group 1", host_extensions, 0);
    configure(1, 0);
    sweep("Non-secure Group 1", host_extensions, 0);
    GICR(0x10000 + 0x280) = ~0u;
    sweep("virtual IRQ", host_extensions, HCR_VI);
    sweep("virtual FIQ", host_extensions, HCR_VF);
    return 0;
}
