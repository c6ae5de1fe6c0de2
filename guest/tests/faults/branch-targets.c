/* FEAT_BTI: indirect branches into a guarded page, from guarded and other pages, onto each kind of landing pad. Needs max. */
#include "../probe.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

asm(".arch armv8.5-a");

/* The pads are executed through this guarded alias; their own page isn't guarded. */
#define GUARDED 0x200000000UL
#define PTE_GP BIT(50)
#define SCTLR_BT0 BIT(35)
#define SCTLR_BT1 BIT(36)

/* x0: the landing pad; x30 is kept in x2. The pads return. */
BODY(by_blr, "mov x2, x30\nblr x0\nmov x30, x2")
BODY(by_br, "mov x2, x30\nadr x30, 1f\nbr x0\n1: mov x30, x2")
BODY(by_br_x16, "mov x2, x30\nmov x16, x0\nadr x30, 1f\nbr x16\n1: mov x30, x2")
BODY(by_br_x17, "mov x2, x30\nmov x17, x0\nadr x30, 1f\nbr x17\n1: mov x30, x2")
BODY(by_ret, "mov x2, x30\nmov x3, x0\nadr x30, 1f\nret x3\n1: mov x30, x2")
/* x0: the guarded address of a trampoline that branches to x1 by BR x1, from inside the guarded page. */
BODY(through_trampoline, "mov x2, x30\nadd x1, x0, #0x80\nadd x0, x0, #0x40\nadr x30, 1f\nbr x0\n1: mov x30, x2")

extern const char pads[];
asm(".pushsection .text\n.balign 4096\n.globl pads\npads:\n"
    "nop\nret\n.balign 16\n"                 /* 0x00 no pad */
    "bti\nret\n.balign 16\n"                 /* 0x10 */
    "bti c\nret\n.balign 16\n"               /* 0x20 */
    "bti j\nret\n.balign 16\n"               /* 0x30 */
    "bti jc\nbr x1\n.balign 16\n"            /* 0x40 trampoline */
    "bti jc\nret\n.balign 16\n"              /* 0x50 */
    "hint #25\nhint #29\nret\n.balign 16\n"  /* 0x60 PACIASP, AUTIASP */
    "nop\nret\n.balign 16\n"                 /* 0x70 */
    "bti j\nret\n.balign 16\n"               /* 0x80 target of the trampoline */
    ".balign 4096\n.popsection");

static const struct {
    const char *name;
    unsigned offset;
} landing[] = {
    {"no pad", 0x00}, {"bti", 0x10}, {"bti c", 0x20}, {"bti j", 0x30}, {"bti jc", 0x50}, {"paciasp", 0x60},
};

static const struct {
    const char *name;
    const char *body;
} ways[] = {
    {"blr", by_blr}, {"br", by_br}, {"br x16", by_br_x16}, {"br x17", by_br_x17}, {"ret", by_ret},
};

static void try_all(const char *heading, uint64_t base)
{
    print("%s\n", heading);
    for (unsigned w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        for (unsigned p = 0; p < sizeof landing / sizeof landing[0]; p++) {
            print("%s to %s: ", ways[w].name, landing[p].name);
            const struct probe_case c = {"", ways[w].body, AT_EL1h, base + landing[p].offset, 0, 0, 0};
            const struct outcome o = probe(&c);
            probe_print(&c, &o);
        }
    }
}

int main(void)
{
    probe_init();
    print("BT %lu\n", field(read_sysreg(id_aa64pfr1_el1), 3, 0));
    mmu_map(mmu_root, GUARDED, (uint64_t)pads, PAGE_SIZE, MAP_CODE | PTE_GP);
    try_all("not guarded", (uint64_t)pads);
    try_all("guarded", GUARDED);
    write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_BT1 | SCTLR_BT0);
    asm volatile("isb");
    try_all("guarded, SCTLR_EL1.BT1", GUARDED);
    const struct probe_case nowhere = {"blr to where nothing is mapped", by_blr, AT_EL1h, 0x300000000UL, 0, 0, 0};
    const struct outcome lost = probe(&nowhere);
    probe_print(&nowhere, &lost);
    const struct probe_case c = {"br inside the page to bti j", through_trampoline, AT_EL1h, GUARDED, 0, 0, 0};
    const struct outcome o = probe(&c);
    probe_print(&c, &o);
    return 0;
}
