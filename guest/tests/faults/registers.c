/* System registers out of reach: from EL0, of higher levels from EL1, read-only, unallocated; and EL0's own, enabled and not. */
#include "../probe.h"
#include "print.h"
#include "runtime.h"

/* Every register is tried with MRS and, where the name allows it, with MSR of 0. */
#define FOR_EACH_EL1_REGISTER(R)                                                                                              \
    R(midr_el1) R(mpidr_el1) R(revidr_el1) R(id_aa64pfr0_el1) R(id_aa64pfr1_el1) R(id_aa64dfr0_el1) R(id_aa64isar0_el1)       \
    R(id_aa64mmfr0_el1) R(id_aa64mmfr1_el1) R(sctlr_el1) R(actlr_el1) R(cpacr_el1) R(ttbr0_el1) R(ttbr1_el1) R(tcr_el1)       \
    R(spsr_el1) R(elr_el1) R(sp_el0) R(spsel) R(CurrentEL) R(icc_pmr_el1) R(afsr0_el1) R(afsr1_el1) R(esr_el1) R(far_el1)     \
    R(par_el1) R(mair_el1) R(amair_el1) R(vbar_el1) R(isr_el1) R(icc_iar1_el1) R(icc_hppir1_el1) R(icc_rpr_el1)               \
    R(icc_bpr1_el1) R(icc_ctlr_el1) R(icc_sre_el1) R(icc_igrpen1_el1) R(contextidr_el1) R(tpidr_el1) R(cntkctl_el1)           \
    R(csselr_el1) R(ccsidr_el1) R(clidr_el1) R(mdscr_el1) R(osdlr_el1) R(oslsr_el1) R(dbgbvr0_el1) R(dbgbcr0_el1)             \
    R(dbgwvr0_el1) R(dbgwcr0_el1)

#define FOR_EACH_HIGHER_REGISTER(R)                                                                                           \
    R(hcr_el2) R(sctlr_el2) R(vbar_el2) R(vttbr_el2) R(vtcr_el2) R(spsr_el2) R(elr_el2) R(sp_el1) R(esr_el2) R(hpfar_el2)     \
    R(cnthctl_el2) R(cntvoff_el2) R(vpidr_el2) R(ich_hcr_el2) R(scr_el3) R(sctlr_el3) R(vbar_el3) R(spsr_el3) R(cptr_el3)     \
    R(icc_sre_el3)

/* Registers that no Armv8.0 core has. */
#define FOR_EACH_LATER_REGISTER(R) R(s3_0_c1_c2_0) R(s3_0_c2_c1_0) R(s3_0_c4_c2_3) R(s3_0_c4_c2_4) R(s3_3_c4_c2_5) R(s3_5_c1_c0_0) R(s3_3_c2_c4_0)

#define FOR_EACH_EL0_REGISTER(R)                                                                                              \
    R(ctr_el0) R(dczid_el0) R(tpidr_el0) R(tpidrro_el0) R(fpcr) R(fpsr) R(nzcv) R(cntfrq_el0) R(cntpct_el0) R(cntvct_el0)     \
    R(cntv_ctl_el0) R(cntv_cval_el0) R(cntp_ctl_el0) R(cntp_tval_el0) R(pmccntr_el0) R(pmcr_el0) R(pmuserenr_el0)

/* Written by nobody. */
#define FOR_EACH_READ_ONLY_REGISTER(R)                                                                                        \
    R(s3_0_c0_c0_0) R(s3_0_c0_c0_5) R(s3_0_c0_c4_0) R(s3_0_c4_c2_2) R(s3_0_c12_c1_0) R(s3_0_c12_c12_0) R(s3_3_c0_c0_1)        \
    R(s3_3_c0_c0_7) R(s3_3_c14_c0_2) R(s3_1_c0_c0_1)

/* Written by the machine's own ways only. */
#define FOR_EACH_WRITE_ONLY_REGISTER(R) R(s3_0_c12_c12_1) R(s3_0_c12_c11_1) R(s3_0_c12_c11_5) R(s2_0_c1_c0_4)

/* In the reserved ID space: reads as zero (Arm ARM D19.3.1). */
#define FOR_EACH_RESERVED_ID(R) R(s3_0_c0_c4_7) R(s3_0_c0_c5_7) R(s3_0_c0_c6_5) R(s3_0_c0_c7_7)

/* Not allocated at all. */
#define FOR_EACH_UNALLOCATED(R) R(s3_0_c3_c0_0) R(s3_0_c9_c0_0) R(s3_2_c4_c0_0) R(s3_7_c9_c0_0) R(s2_1_c14_c3_0) R(s3_4_c0_c0_2)

#define READ_BODY(name) BODY(read_##name, "mrs x1, " #name)
#define WRITE_BODY(name) BODY(write_##name, "msr " #name ", xzr")
#define NONE(name)
FOR_EACH_EL1_REGISTER(READ_BODY)
FOR_EACH_HIGHER_REGISTER(READ_BODY)
FOR_EACH_HIGHER_REGISTER(WRITE_BODY)
FOR_EACH_LATER_REGISTER(READ_BODY)
FOR_EACH_EL0_REGISTER(READ_BODY)
FOR_EACH_READ_ONLY_REGISTER(WRITE_BODY)
FOR_EACH_WRITE_ONLY_REGISTER(READ_BODY)
FOR_EACH_RESERVED_ID(READ_BODY)
FOR_EACH_UNALLOCATED(READ_BODY)
FOR_EACH_UNALLOCATED(WRITE_BODY)
BODY(write_ttbr0_el1, "msr ttbr0_el1, xzr")
BODY(write_vbar_el1, "msr vbar_el1, xzr")
BODY(write_sctlr_el1, "msr sctlr_el1, xzr")
BODY(write_spsr_el1, "msr spsr_el1, xzr")
BODY(write_tpidr_el1, "msr tpidr_el1, xzr")
BODY(write_tpidrro_el0, "msr tpidrro_el0, xzr")
BODY(write_cntv_ctl_el0, "msr cntv_ctl_el0, xzr")
BODY(write_cntfrq_el0, "msr cntfrq_el0, x0")

#define READ_AT_EL0(name) {"EL0 mrs " #name, read_##name, AT_EL0, 0, 0, 0, 0},
#define READ_AT_EL1(name) {"EL1 mrs " #name, read_##name, AT_EL1h, 0, 0, 0, 0},
#define WRITE_AT_EL1(name) {"EL1 msr " #name, write_##name, AT_EL1h, 0, 0, 0, 0},
#define WRITE_AT_EL0(name) {"EL0 msr " #name, write_##name, AT_EL0, 0, 0, 0, 0},

/* Nothing is open to EL0 but what always is. */
static const struct probe_case closed[] = {
    FOR_EACH_EL1_REGISTER(READ_AT_EL0)
    FOR_EACH_EL0_REGISTER(READ_AT_EL0)
    FOR_EACH_READ_ONLY_REGISTER(WRITE_AT_EL0)
    FOR_EACH_RESERVED_ID(READ_AT_EL0)
    FOR_EACH_UNALLOCATED(READ_AT_EL0)
    WRITE_AT_EL0(ttbr0_el1) WRITE_AT_EL0(vbar_el1) WRITE_AT_EL0(sctlr_el1) WRITE_AT_EL0(spsr_el1) WRITE_AT_EL0(tpidr_el1)
    WRITE_AT_EL0(tpidrro_el0) WRITE_AT_EL0(cntv_ctl_el0) WRITE_AT_EL0(cntfrq_el0)
    FOR_EACH_HIGHER_REGISTER(READ_AT_EL0)
    FOR_EACH_HIGHER_REGISTER(READ_AT_EL1)
    FOR_EACH_HIGHER_REGISTER(WRITE_AT_EL1)
    FOR_EACH_LATER_REGISTER(READ_AT_EL1)
    FOR_EACH_READ_ONLY_REGISTER(WRITE_AT_EL1)
    FOR_EACH_WRITE_ONLY_REGISTER(READ_AT_EL1)
    FOR_EACH_RESERVED_ID(READ_AT_EL1)
    FOR_EACH_UNALLOCATED(READ_AT_EL1)
    FOR_EACH_UNALLOCATED(WRITE_AT_EL1)
};

#define CNTKCTL_EL0PCTEN BIT(0)
#define CNTKCTL_EL0VCTEN BIT(1)
#define CNTKCTL_EL0VTEN BIT(8)
#define CNTKCTL_EL0PTEN BIT(9)

static uint64_t saved_sctlr;
static void open_to_el0(void)
{
    saved_sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr_el1, saved_sctlr | SCTLR_UCT | SCTLR_DZE | SCTLR_UCI | SCTLR_UMA);
    write_sysreg(cntkctl_el1, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN | CNTKCTL_EL0VTEN | CNTKCTL_EL0PTEN);
}
static void close_to_el0(void)
{
    write_sysreg(sctlr_el1, saved_sctlr);
    write_sysreg(cntkctl_el1, 0);
}
static void open_virtual_counter(void) { write_sysreg(cntkctl_el1, CNTKCTL_EL0VCTEN); }
static void close_counters(void) { write_sysreg(cntkctl_el1, 0); }

/* These print no values: X1 is cleared after the access. */
BODY(use_ctr, "mrs x1, ctr_el0\nmov x1, #0")
BODY(use_dczid, "mrs x1, dczid_el0")
BODY(use_cntvct, "mrs x1, cntvct_el0\nmov x1, #0")
BODY(use_cntpct, "mrs x1, cntpct_el0\nmov x1, #0")
BODY(use_cntfrq, "mrs x1, cntfrq_el0")
BODY(use_cntv_ctl, "mrs x1, cntv_ctl_el0\nmov x1, #0")
BODY(use_cntp_ctl, "mrs x1, cntp_ctl_el0\nmov x1, #0")
BODY(use_daif, "msr daifclr, #0xf\nmrs x1, daif\nmsr daifset, #0xf")
BODY(use_tpidr, "movz x1, #0x1234\nmsr tpidr_el0, x1\nmov x1, #0\nmrs x1, tpidr_el0")
BODY(use_nzcv, "movz x1, #0xffff, lsl #16\nmsr nzcv, x1\nmrs x1, nzcv")
BODY(use_fpcr, "mov x1, #-1\nmsr fpcr, x1\nmrs x0, fpcr\nmsr fpcr, xzr\nand x0, x0, #0x7c00000\nmov x1, #0")
/* FPSR.NZCV belongs to AArch32: RES0 on a core without it. */
BODY(use_fpsr, "mov x1, #-1\nmsr fpsr, x1\nmrs x0, fpsr\nmsr fpsr, xzr\nand x0, x0, #~0xf0000000\nmov x1, #0")

static const struct probe_case open[] = {
    {"EL0 ctr, open", use_ctr, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 dczid, closed", use_dczid, AT_EL0, 0, 0, 0, 0},
    {"EL0 dczid, open", use_dczid, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 cntvct, open", use_cntvct, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 cntpct, open", use_cntpct, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 cntv_ctl, open", use_cntv_ctl, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 cntp_ctl, open", use_cntp_ctl, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 cntpct, only cntvct open", use_cntpct, AT_EL0, 0, 0, open_virtual_counter, close_counters},
    {"EL0 cntv_ctl, only cntvct open", use_cntv_ctl, AT_EL0, 0, 0, open_virtual_counter, close_counters},
    {"EL0 cntfrq, only cntvct open", use_cntfrq, AT_EL0, 0, 0, open_virtual_counter, close_counters},
    {"EL0 daif, open", use_daif, AT_EL0, 0, 0, open_to_el0, close_to_el0},
    {"EL0 tpidr", use_tpidr, AT_EL0, 0, 0, 0, 0},
    {"EL0 nzcv", use_nzcv, AT_EL0, 0, 0, 0, 0},
    {"EL0 fpcr", use_fpcr, AT_EL0, 0, 0, 0, 0},
    {"EL0 fpsr", use_fpsr, AT_EL0, 0, 0, 0, 0},
};

int main(void)
{
    probe_init();
    write_sysreg(tpidr_el0, 0x55);
    write_sysreg(tpidrro_el0, 0x66);
    PROBE_ALL(closed);
    PROBE_ALL(open);
    return 0;
}
