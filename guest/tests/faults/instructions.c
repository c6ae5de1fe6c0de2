/* Exceptions that instructions make: UNDEFINED, system calls, breakpoints, PC and SP alignment, illegal state, FP and WFx traps. */
#include "../probe.h"
#include "runtime.h"

BODY(udf_0, "udf #0")
BODY(udf_ffff, "nop\nudf #0xffff")
BODY(unallocated_all_ones, ".inst 0xffffffff")
BODY(unallocated_data_processing, ".inst 0x5ac01800")
BODY(unallocated_load_store, ".inst 0x38e01c00 | 0x300")
BODY(unallocated_logical_immediate, ".inst 0x12400000")
BODY(unallocated_bitfield, ".inst 0x13400000")
BODY(unallocated_shift, ".inst 0x0b008000")
BODY(unallocated_branch, ".inst 0xd6ff0000")
BODY(unallocated_system, ".inst 0xd5000000")
BODY(unallocated_simd, ".inst 0x0ee0c000 | 0x3c00")
BODY(sve_ptrue, ".inst 0x2518e3e0")
BODY(lse_ldadd, ".inst 0xf8200001")
BODY(lse_cas, ".inst 0xc8a07c01")
BODY(fp16_fadd, ".inst 0x1ee22820")
BODY(dot_product, ".inst 0x6e809400")
BODY(rdm, ".inst 0x2e808420")
BODY(pac_branch, ".inst 0xd71f0800")
BODY(pac_hint, "mov x2, x30\n.inst 0xd503233f\nmov x0, x30\nmov x30, x2\nsub x0, x0, x30")
BODY(unallocated_hint, "hint #0x7f")
BODY(svc_0, "svc #0")
BODY(svc_1234, "svc #0x1234")
BODY(svc_7ffe, "nop\nnop\nsvc #0x7ffe")
BODY(svc_ffff, "svc #0xffff")
BODY(hvc_call, "hvc #0")
BODY(smc_call, "smc #0")
BODY(smc_imm, "smc #0x55aa")
BODY(brk_0, "brk #0")
BODY(brk_f000, "nop\nbrk #0xf000")
BODY(brk_ffff, "brk #0xffff")
BODY(hlt_1, "hlt #1")
BODY(dcps1, "dcps1 #1")
BODY(drps, "drps")
BODY(return_from_exception, "eret")
BODY(branch, "br x0")
BODY(branch_and_link, "mov x1, x30\nblr x0\nmov x30, x1")
BODY(load_sp, "mov x1, sp\nsub sp, sp, #8\nldr x0, [sp]\nmov sp, x1")
BODY(store_sp, "mov x1, sp\nsub sp, sp, #1\nstr xzr, [sp, #-16]\nmov sp, x1")
BODY(push_sp, "mov x1, sp\nsub sp, sp, #4\nstp xzr, xzr, [sp, #-16]!\nmov sp, x1")
BODY(sp_as_value, "mov x1, sp\nsub sp, sp, #8\nadd x0, sp, #16\nmov sp, x1\nmov x0, #1\nmov x1, #0")
BODY(eret_to, "msr spsr_el1, x0\nadr x2, 1f\nmsr elr_el1, x2\nisb\neret\n1: nop\nnop")
BODY(eret_to_address, "msr elr_el1, x0\nmsr spsr_el1, x1\nisb\neret")
BODY(fp_add, "nop\nfadd d0, d1, d2")
BODY(simd_add, "add v0.4s, v1.4s, v2.4s")
BODY(fp_load, "ldr d0, [x0]")
BODY(fp_to_general, "fmov x0, d0")
BODY(read_fpcr, "mrs x0, fpcr")
BODY(wait_for_interrupt, "wfi")
BODY(wait_for_event, "sevl\nwfe")
BODY(wait_for_event_twice, "sevl\nwfe\nwfe")
BODY(mask_interrupts, "msr daifset, #2")
BODY(read_daif, "mrs x0, daif")
BODY(select_sp, "msr spsel, #0")
BODY(flags, "movz x0, #0xf000, lsl #16\nmsr nzcv, x0\nsvc #7")
BODY(tlb_invalidate, "tlbi vmalle1")
BODY(set_way, "dc isw, x0")
BODY(instruction_cache_all, "ic iallu")
BODY(translate, "at s1e1r, x0")

static uint64_t saved_sctlr;
static void restore_sctlr(void) { write_sysreg(sctlr_el1, saved_sctlr); }
static void allow_el0(void)
{
    saved_sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr_el1, saved_sctlr | SCTLR_UMA | SCTLR_nTWI | SCTLR_nTWE);
}
static void no_sp_check(void)
{
    saved_sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr_el1, saved_sctlr & ~(SCTLR_SA | SCTLR_SA0));
}
static void trap_fp(void) { write_sysreg(cpacr_el1, CPACR_FPEN_TRAP_ALL); }
static void trap_fp_reserved(void) { write_sysreg(cpacr_el1, 2UL << 20); }
static void trap_fp_el0(void) { write_sysreg(cpacr_el1, CPACR_FPEN_TRAP_EL0); }
static void allow_fp(void) { write_sysreg(cpacr_el1, CPACR_FPEN_NONE); }

static const struct probe_case cases[] = {
    {"udf #0", udf_0, AT_EL1h, 0, 0, 0, 0},
    {"udf #0xffff at EL0", udf_ffff, AT_EL0, 0, 0, 0, 0},
    {"udf #0 at EL1t", udf_0, AT_EL1t, 0, 0, 0, 0},
    {"unallocated: all ones", unallocated_all_ones, AT_EL1h, 0, 0, 0, 0},
    {"unallocated: data processing", unallocated_data_processing, AT_EL0, 0, 0, 0, 0},
    {"unallocated: load/store", unallocated_load_store, AT_EL0, 0, 0, 0, 0},
    {"unallocated: logical, N without sf", unallocated_logical_immediate, AT_EL0, 0, 0, 0, 0},
    {"unallocated: bitfield, N without sf", unallocated_bitfield, AT_EL0, 0, 0, 0, 0},
    {"unallocated: 32-bit shift by 32", unallocated_shift, AT_EL0, 0, 0, 0, 0},
    {"unallocated: branch", unallocated_branch, AT_EL0, 0, 0, 0, 0},
    {"unallocated: system", unallocated_system, AT_EL0, 0, 0, 0, 0},
    {"unallocated: SIMD", unallocated_simd, AT_EL0, 0, 0, 0, 0},
    {"absent: SVE", sve_ptrue, AT_EL0, 0, 0, 0, 0},
    {"absent: LSE ldadd", lse_ldadd, AT_EL0, 0, 0, 0, 0},
    {"absent: LSE cas", lse_cas, AT_EL0, 0, 0, 0, 0},
    {"absent: FP16", fp16_fadd, AT_EL0, 0, 0, 0, 0},
    {"absent: dot product", dot_product, AT_EL0, 0, 0, 0, 0},
    {"absent: RDM", rdm, AT_EL0, 0, 0, 0, 0},
    {"absent: braa", pac_branch, AT_EL0, 0, 0, 0, 0},
    {"absent: paciasp is a hint", pac_hint, AT_EL0, 0, 0, 0, 0},
    {"unallocated hint is a nop", unallocated_hint, AT_EL0, 0, 0, 0, 0},

    {"svc #0", svc_0, AT_EL1h, 0, 0, 0, 0},
    {"svc #0x1234 at EL0", svc_1234, AT_EL0, 0, 0, 0, 0},
    {"svc #0x7ffe at EL1t", svc_7ffe, AT_EL1t, 0, 0, 0, 0},
    {"svc #0xffff at EL0", svc_ffff, AT_EL0, 0, 0, 0, 0},
    {"svc with NZCV set", flags, AT_EL0, 0, 0, 0, 0},
    {"hvc, unknown function", hvc_call, AT_EL1h, 0x8400ff00, 0, 0, 0},
    {"hvc at EL0", hvc_call, AT_EL0, 0x84000000, 0, 0, 0},
    {"smc, EL3 absent", smc_call, AT_EL1h, 0x84000000, 0, 0, 0},
    {"smc #0x55aa, EL3 absent", smc_imm, AT_EL1h, 0, 0, 0, 0},
    {"smc at EL0", smc_call, AT_EL0, 0x84000000, 0, 0, 0},
    {"brk #0", brk_0, AT_EL1h, 0, 0, 0, 0},
    {"brk #0xf000", brk_f000, AT_EL1h, 0, 0, 0, 0},
    {"brk #0xffff at EL0", brk_ffff, AT_EL0, 0, 0, 0, 0},
    {"hlt #1", hlt_1, AT_EL1h, 0, 0, 0, 0},
    {"hlt #1 at EL0", hlt_1, AT_EL0, 0, 0, 0, 0},
    {"dcps1 outside Debug state", dcps1, AT_EL1h, 0, 0, 0, 0},
    {"drps outside Debug state", drps, AT_EL1h, 0, 0, 0, 0},
    {"eret at EL0", return_from_exception, AT_EL0, 0, 0, 0, 0},
    {"tlbi at EL0", tlb_invalidate, AT_EL0, 0, 0, 0, 0},
    {"dc isw at EL0", set_way, AT_EL0, 0, 0, 0, 0},
    {"ic iallu at EL0", instruction_cache_all, AT_EL0, 0, 0, 0, 0},
    {"at s1e1r at EL0", translate, AT_EL0, 0, 0, 0, 0},

    {"br to an odd address", branch, AT_EL1h, (uint64_t)udf_0 + 1, 0, 0, 0},
    {"br to a half word", branch, AT_EL0, (uint64_t)udf_0 + 2, 0, 0, 0},
    {"blr to an odd address", branch_and_link, AT_EL0, (uint64_t)udf_0 + 3, 0, 0, 0},
    {"br to an odd unmapped address", branch, AT_EL0, 0x7fffff0001, 0, 0, 0},
    {"eret to an odd address", eret_to_address, AT_EL1h, (uint64_t)udf_0 + 1, AT_EL1h, 0, 0},
    {"eret to EL0, half word", eret_to_address, AT_EL1h, (uint64_t)udf_0 + 2, AT_EL0, 0, 0},

    {"sp unaligned, ldr at EL0", load_sp, AT_EL0, 0, 0, 0, 0},
    {"sp unaligned, str at EL1t", store_sp, AT_EL1t, 0, 0, 0, 0},
    {"sp unaligned, stp at EL0", push_sp, AT_EL0, 0, 0, 0, 0},
    {"sp unaligned, no access", sp_as_value, AT_EL0, 0, 0, 0, 0},
    {"sp unaligned, str at EL1t, SA=0", store_sp, AT_EL1t, 0, 0, no_sp_check, restore_sctlr},

    {"eret to EL2h: illegal", eret_to, AT_EL1h, SPSR_EL2h | SPSR_DAIF, 0, 0, 0},
    {"eret to EL3h: illegal", eret_to, AT_EL1h, 0xd | SPSR_DAIF, 0, 0, 0},
    {"eret to M=0b00001: illegal", eret_to, AT_EL1h, 0x1 | SPSR_DAIF, 0, 0, 0},
    {"eret to M=0b00110: illegal", eret_to, AT_EL1h, 0x6 | SPSR_DAIF, 0, 0, 0},
    {"eret to AArch32 Supervisor: illegal", eret_to, AT_EL1h, 0x13 | SPSR_DAIF, 0, 0, 0},
    {"eret to EL2h with NZCV: illegal", eret_to, AT_EL1h, SPSR_EL2h | 0xf0000000 | SPSR_I, 0, 0, 0},
    {"eret with IL set", eret_to, AT_EL1h, SPSR_EL1h | SPSR_IL | SPSR_DAIF, 0, 0, 0},
    {"eret to EL0 with IL set", eret_to, AT_EL1h, SPSR_EL0t | SPSR_IL | SPSR_DAIF, 0, 0, 0},
    {"eret to EL1t", eret_to, AT_EL1h, AT_EL1t | 0x60000000, 0, 0, 0},

    {"fadd at EL1, FPEN=00", fp_add, AT_EL1h, 0, 0, trap_fp, allow_fp},
    {"fadd at EL0, FPEN=00", fp_add, AT_EL0, 0, 0, trap_fp, allow_fp},
    {"fadd at EL0, FPEN=01", fp_add, AT_EL0, 0, 0, trap_fp_el0, allow_fp},
    {"fadd at EL1, FPEN=01", fp_add, AT_EL1h, 0, 0, trap_fp_el0, allow_fp},
    {"add v at EL1, FPEN=10", simd_add, AT_EL1h, 0, 0, trap_fp_reserved, allow_fp},
    {"ldr d of nothing, FPEN=00", fp_load, AT_EL1h, 0x7f00000000, 0, trap_fp, allow_fp},
    {"fmov at EL0, FPEN=01", fp_to_general, AT_EL0, 0, 0, trap_fp_el0, allow_fp},
    {"mrs fpcr at EL1, FPEN=00", read_fpcr, AT_EL1h, 0, 0, trap_fp, allow_fp},
    {"unallocated SIMD, FPEN=00", unallocated_simd, AT_EL1h, 0, 0, trap_fp, allow_fp},

    {"wfi at EL0, nTWI=0", wait_for_interrupt, AT_EL0, 0, 0, 0, 0},
    {"wfe at EL0, nTWE=0", wait_for_event_twice, AT_EL0, 0, 0, 0, 0},
    {"wfe after sevl at EL0, nTWE=1", wait_for_event, AT_EL0, 0, 0, allow_el0, restore_sctlr},
    {"msr daifset at EL0, UMA=0", mask_interrupts, AT_EL0, 0, 0, 0, 0},
    {"mrs daif at EL0, UMA=0", read_daif, AT_EL0, 0, 0, 0, 0},
    {"mrs daif at EL0, UMA=1", read_daif, AT_EL0, 0, 0, allow_el0, restore_sctlr},
    {"msr spsel at EL0", select_sp, AT_EL0, 0, 0, 0, 0},
};

int main(void)
{
    probe_init();
    PROBE_ALL(cases);
    return 0;
}
