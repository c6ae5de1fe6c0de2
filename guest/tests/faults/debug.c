/* Self-hosted debug: software step, hardware breakpoints and watchpoints on EL0, and stepping over exceptions. */
#include "../probe.h"
#include "print.h"
#include "runtime.h"

#define MDSCR_SS BIT(0)
#define MDSCR_KDE BIT(13)
#define MDSCR_MDE BIT(15)

#define DBGBCR_ENABLE BIT(0)
#define DBGBCR_PMC_EL0 (2UL << 1)
#define DBGBCR_PMC_EL1 (1UL << 1)
#define DBGBCR_BAS_A64 (0xfUL << 5)

#define DBGWCR_ENABLE BIT(0)
#define DBGWCR_PAC_EL0 (2UL << 1)
#define DBGWCR_LSC_LOAD (1UL << 3)
#define DBGWCR_LSC_STORE (2UL << 3)
#define DBGWCR_BAS(bytes) ((uint64_t)(bytes) << 5)

BODY(three_nops, "nop\nnop\nnop")
BODY(branch_forward, "b 1f\nnop\n1: nop")
BODY(load_stack, "ldr x1, [sp, #-32]\nnop")
BODY(store_stack, "nop\nstr x1, [sp, #-32]\nnop")
BODY(store_pair_stack, "stp xzr, xzr, [sp, #-40]\nnop")
BODY(store_byte_stack, "strb wzr, [sp, #-25]\nnop")
BODY(svc_3, "svc #3")
BODY(undefined, "udf #0")
BODY(exclusive, "ldxr x1, [x0]\nclrex")
BODY(breakpoint_instruction, "brk #9")

#define STACK_TOP 0x100001000UL

static void nothing(void)
{
    write_sysreg(mdscr_el1, 0);
    write_sysreg(dbgbcr0_el1, 0);
    write_sysreg(dbgwcr0_el1, 0);
    isb();
}
static void step(void) { write_sysreg(mdscr_el1, MDSCR_SS); }
static void break_at(uint64_t address, uint64_t modes, uint64_t mdscr)
{
    write_sysreg(dbgbvr0_el1, address);
    write_sysreg(dbgbcr0_el1, DBGBCR_ENABLE | DBGBCR_BAS_A64 | modes);
    write_sysreg(mdscr_el1, mdscr);
    isb();
}
static void break_at_second_nop(void) { break_at((uint64_t)three_nops + 4, DBGBCR_PMC_EL0, MDSCR_MDE); }
static void break_without_mde(void) { break_at((uint64_t)three_nops + 4, DBGBCR_PMC_EL0, 0); }
static void break_el1_only(void) { break_at((uint64_t)three_nops + 4, DBGBCR_PMC_EL1, MDSCR_MDE); }
static void break_el1_kde(void) { break_at((uint64_t)three_nops + 4, DBGBCR_PMC_EL1, MDSCR_MDE | MDSCR_KDE); }
static void watch(uint64_t kinds, uint64_t bytes)
{
    write_sysreg(dbgwvr0_el1, STACK_TOP - 32);
    write_sysreg(dbgwcr0_el1, DBGWCR_ENABLE | DBGWCR_PAC_EL0 | kinds | DBGWCR_BAS(bytes));
    write_sysreg(mdscr_el1, MDSCR_MDE);
    isb();
}
static void watch_stores(void) { watch(DBGWCR_LSC_STORE, 0xff); }
static void watch_loads(void) { watch(DBGWCR_LSC_LOAD, 0xff); }
static void watch_last_byte(void) { watch(DBGWCR_LSC_STORE, 0x80); }
static void watch_first_byte(void) { watch(DBGWCR_LSC_STORE, 0x01); }

#define EL1_DEBUG_UNMASKED (SPSR_EL1h | SPSR_A | SPSR_I | SPSR_F)

static const struct probe_case cases[] = {
    {"step one instruction", three_nops, AT_EL0 | SPSR_SS, 0, 0, step, nothing},
    {"step a taken branch", branch_forward, AT_EL0 | SPSR_SS, 0, 0, step, nothing},
    {"step with SPSR.SS=0", three_nops, AT_EL0, 0, 0, step, nothing},
    {"step an exclusive load", exclusive, AT_EL0 | SPSR_SS, STACK_TOP - 32, 0, step, nothing},
    {"step svc", svc_3, AT_EL0 | SPSR_SS, 0, 0, step, nothing},
    {"step an undefined instruction", undefined, AT_EL0 | SPSR_SS, 0, 0, step, nothing},
    {"step with MDSCR.SS=0", three_nops, AT_EL0 | SPSR_SS, 0, 0, nothing, nothing},
    {"step at EL1 without KDE", three_nops, EL1_DEBUG_UNMASKED | SPSR_SS, 0, 0, step, nothing},
    {"breakpoint", three_nops, AT_EL0, 0, 0, break_at_second_nop, nothing},
    {"breakpoint, MDE=0", three_nops, AT_EL0, 0, 0, break_without_mde, nothing},
    {"breakpoint of EL1 at EL0", three_nops, AT_EL0, 0, 0, break_el1_only, nothing},
    {"breakpoint at EL1, KDE=0", three_nops, EL1_DEBUG_UNMASKED, 0, 0, break_el1_only, nothing},
    {"breakpoint at EL1, KDE=1", three_nops, EL1_DEBUG_UNMASKED, 0, 0, break_el1_kde, nothing},
    {"breakpoint at EL1, PSTATE.D=1", three_nops, AT_EL1h, 0, 0, break_el1_kde, nothing},
    {"watchpoint on a store", store_stack, AT_EL0, 0, 0, watch_stores, nothing},
    {"watchpoint on stores, load", load_stack, AT_EL0, 0, 0, watch_stores, nothing},
    {"watchpoint on a load", load_stack, AT_EL0, 0, 0, watch_loads, nothing},
    {"watchpoint on a pair's second half", store_pair_stack, AT_EL0, 0, 0, watch_stores, nothing},
    {"watchpoint on one byte, hit", store_byte_stack, AT_EL0, 0, 0, watch_last_byte, nothing},
    {"watchpoint on one byte, missed", store_byte_stack, AT_EL0, 0, 0, watch_first_byte, nothing},
    {"brk with MDE=0", breakpoint_instruction, AT_EL0, 0, 0, nothing, nothing},
};

int main(void)
{
    probe_init();
    print("OS lock %s at reset\n", read_sysreg(oslsr_el1) & BIT(1) ? "set" : "clear");
    write_sysreg(oslar_el1, 0);
    isb();
    print("OS lock %s after OSLAR_EL1 = 0\n", read_sysreg(oslsr_el1) & BIT(1) ? "set" : "clear");
    PROBE_ALL(cases);
    return 0;
}
