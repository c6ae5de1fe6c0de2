/* FEAT_PAN and FEAT_UAO: EL1's access to EL0's pages forbidden and allowed. Needs neoverse-n1 or max. */
#include "../probe.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"

asm(".arch armv8.2-a");

#define USER_RW 0x200000000UL
#define KERNEL_RW 0x200001000UL
#define USER_RO 0x200002000UL

#define SPSR_PAN BIT(22)
#define SPSR_UAO BIT(23)

static uint64_t data[PAGE_SIZE / 8] __attribute__((aligned(4096)));

BODY(load, "ldr x1, [x0]")
BODY(store, "str x1, [x0]")
BODY(load_unprivileged, "ldtr x1, [x0]")
BODY(store_unprivileged, "sttr x1, [x0]")
BODY(set_pan, "msr pan, #1\nmrs x1, pan\nldr x2, [x0]")
BODY(clear_pan, "msr pan, #0\nmrs x1, pan\nldr x2, [x0]")
BODY(set_uao, "msr uao, #1\nmrs x1, uao\nldtr x2, [x0]")
BODY(system_call, "svc #5")
BODY(read_pan, "mrs x1, pan")
BODY(translate, "at s1e1r, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")
BODY(translate_pan, "at s1e1rp, x0\nisb\nmrs x0, par_el1\nbic x0, x0, #0x200")
BODY(call_user_code, "mov x1, x30\nblr x0\nmov x30, x1")

static void pan_on_entry(void) { write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) & ~SCTLR_SPAN); }
static void pan_kept(void) { write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_SPAN); asm volatile("msr pan, #0"); }

static const struct probe_case cases[] = {
    {"PAN=0, load from EL0's page", load, AT_EL1h, USER_RW, 0, 0, 0},
    {"PAN=1, load from EL0's page", load, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"PAN=1, store to EL0's page", store, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"PAN=1, load from EL0's read-only", load, AT_EL1h | SPSR_PAN, USER_RO, 0, 0, pan_kept},
    {"PAN=1, load from EL1's page", load, AT_EL1h | SPSR_PAN, KERNEL_RW, 0, 0, pan_kept},
    {"PAN=1, ldtr from EL0's page", load_unprivileged, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"PAN=1, sttr to EL0's page", store_unprivileged, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"PAN=1 at EL0 changes nothing", load, AT_EL0 | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"msr pan, #1", set_pan, AT_EL1h, USER_RW, 0, 0, pan_kept},
    {"msr pan, #0", clear_pan, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"mrs pan at EL0", read_pan, AT_EL0, 0, 0, 0, pan_kept},
    {"svc saves PAN", system_call, AT_EL1h | SPSR_PAN, 0, 0, 0, pan_kept},
    {"svc at EL0, SPAN=0", system_call, AT_EL0, 0, 0, pan_on_entry, pan_kept},
    {"at s1e1r of EL0's page", translate, AT_EL1h, USER_RW, 0, 0, pan_kept},
    {"at s1e1rp, PAN=0", translate_pan, AT_EL1h, KERNEL_RW, 0, 0, pan_kept},
    {"at s1e1rp, PAN=1", translate_pan, AT_EL1h | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"UAO=0, ldtr from EL1's page", load_unprivileged, AT_EL1h, KERNEL_RW, 0, 0, 0},
    {"UAO=1, ldtr from EL1's page", load_unprivileged, AT_EL1h | SPSR_UAO, KERNEL_RW, 0, 0, 0},
    {"UAO=1, sttr to EL1's page", store_unprivileged, AT_EL1h | SPSR_UAO, KERNEL_RW, 0, 0, 0},
    {"UAO=1, ldr from EL1's page", load, AT_EL1h | SPSR_UAO, KERNEL_RW, 0, 0, 0},
    {"msr uao, #1", set_uao, AT_EL1h, KERNEL_RW, 0, 0, 0},
    {"UAO=1 and PAN=1, ldtr from EL0's", load_unprivileged, AT_EL1h | SPSR_UAO | SPSR_PAN, USER_RW, 0, 0, pan_kept},
    {"PAN=1, EL0's read-only code runs", call_user_code, AT_EL1h | SPSR_PAN, 0, 0, 0, pan_kept},
};

static uint64_t handler_pan;
static void read_handler_pan(void)
{
    handler_pan = read_sysreg(pan) >> 22;
}

int main(void)
{
    probe_init();
    probe_in_handler = read_handler_pan;
    mmu_map(mmu_root, USER_RW, (uint64_t)data, PAGE_SIZE, MAP_USER_DATA);
    mmu_map(mmu_root, KERNEL_RW, (uint64_t)data, PAGE_SIZE, MAP_DATA);
    mmu_map(mmu_root, USER_RO, (uint64_t)data, PAGE_SIZE, MAP_USER_DATA | PTE_AP_READ_ONLY);
    print("PAN %lu, UAO %lu\n", field(read_sysreg(id_aa64mmfr1_el1), 23, 20), field(read_sysreg(id_aa64mmfr2_el1), 7, 4));
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_case c = cases[i];
        if (c.body == call_user_code)
            c.x0 = (uint64_t)read_pan + 4; /* a RET */
        const struct outcome o = probe(&c);
        probe_print(&c, &o);
        if (c.body == system_call)
            print("  PAN in the handler %lu\n", handler_pan);
    }
    return 0;
}
