/* EL2's registers: fields, and access to EL1's where E2H redirects their names (Arm ARM, FEAT_VHE). */
#ifndef EL2_H
#define EL2_H
#include "sysreg.h"

/* HCR_EL2 */
#define HCR_VM BIT(0)
#define HCR_FMO BIT(3)
#define HCR_IMO BIT(4)
#define HCR_AMO BIT(5)
#define HCR_DC BIT(12)
#define HCR_TWI BIT(13)
#define HCR_TSC BIT(19)
#define HCR_TIDCP BIT(20)
#define HCR_TACR BIT(21)
#define HCR_TSW BIT(22)
#define HCR_TGE BIT(27)
#define HCR_E2H BIT(34)

/* CPTR_EL2: with E2H it has CPACR_EL1's layout. */
#define CPTR_TFP BIT(10)
#define CPTR_TZ BIT(8)
#define CPTR_RES1 0x32ffUL
#define CPTR_E2H_FPEN (3UL << 20)

/* CNTHCTL_EL2: two layouts. */
#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN BIT(1)
#define CNTHCTL_E2H_EL0PCTEN BIT(0)
#define CNTHCTL_E2H_EL0VCTEN BIT(1)
#define CNTHCTL_E2H_EL1PCTEN BIT(10)
#define CNTHCTL_E2H_EL1PCEN BIT(11)

/* MDCR_EL2 */
#define MDCR_TPMCR BIT(5)
#define MDCR_TPM BIT(6)
#define MDCR_TDE BIT(8)
#define MDCR_TDA BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA BIT(11)

/* ESR_EL2 */
#define EC_WFX 0x01u
#define EC_FP 0x07u
#define EC_HVC64 0x16u
#define EC_SMC64 0x17u
#define EC_SYSREG 0x18u
#define EC_INSTRUCTION_ABORT_LOWER 0x20u
#define EC_BRK64 0x3cu
#define ESR_IL BIT(25)
#define ESR_ABORT_FNV BIT(10)
#define ESR_ABORT_S1PTW BIT(7)
#define ESR_ABORT_SYNDROME (0x7ffUL << 14) /* ISV, SAS, SSE, SRT, SF, AR */
#define ESR_ABORT_WNR BIT(6)

/*
 * SCTLR_EL2. WXN in both: what can be written can't be executed, whoever made the mapping. Without E2H the low RES1 bits are SA0's
 * and others' places.
 */
#define SCTLR_ON (SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_WXN)
#define SCTLR_EL2_VALUE (SCTLR_ON | 0x30c50830)
/* With E2H it rules EL0 too: DC ZVA, CTR_EL0 and cache maintenance are allowed, WFI and WFE come to us. */
#define SCTLR_EL2_E2H_VALUE (SCTLR_ON | SCTLR_RES1 | SCTLR_SA0 | SCTLR_DZE | SCTLR_UCT | SCTLR_UCI)

#ifndef __ASSEMBLER__
#include <stdbool.h>

/* Whether EL2 runs with E2H, which is when the core has FEAT_VHE. The same on every PE. */
extern bool vhe;

#define SCTLR_EL12 S3_5_C1_C0_0
#define CPACR_EL12 S3_5_C1_C0_2
#define TTBR0_EL12 S3_5_C2_C0_0
#define TTBR1_EL12 S3_5_C2_C0_1
#define TCR_EL12 S3_5_C2_C0_2
#define SPSR_EL12 S3_5_C4_C0_0
#define ELR_EL12 S3_5_C4_C0_1
#define AFSR0_EL12 S3_5_C5_C1_0
#define AFSR1_EL12 S3_5_C5_C1_1
#define ESR_EL12 S3_5_C5_C2_0
#define FAR_EL12 S3_5_C6_C0_0
#define MAIR_EL12 S3_5_C10_C2_0
#define AMAIR_EL12 S3_5_C10_C3_0
#define VBAR_EL12 S3_5_C12_C0_0
#define CONTEXTIDR_EL12 S3_5_C13_C0_1
#define CNTKCTL_EL12 S3_5_C14_C1_0
/* EL1's timers, whose own names end in EL0 and EL02. */
#define CNTP_CTL_EL1 cntp_ctl_el0
#define CNTP_CTL_EL12 S3_5_C14_C2_1
#define CNTV_CTL_EL1 cntv_ctl_el0
#define CNTV_CTL_EL12 S3_5_C14_C3_1

#define read_named(name) read_sysreg(name)
#define write_named(name, value) write_sysreg(name, value)
#define read_el1(NAME) (vhe ? read_named(NAME##_EL12) : read_named(NAME##_EL1))
#define write_el1(NAME, value)                   \
    do {                                         \
        if (vhe)                                 \
            write_named(NAME##_EL12, value);     \
        else                                     \
            write_named(NAME##_EL1, value);      \
    } while (0)
#endif

#endif
