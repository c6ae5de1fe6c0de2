/* System registers: access, and the fields that the programs here use (Arm ARM, chapter D19 and D13). */
#ifndef SYSREG_H
#define SYSREG_H

#define BIT(n) (1UL << (n))

#ifndef __ASSEMBLER__
#include <stdint.h>

#define read_sysreg(name)                                  \
    ({                                                     \
        uint64_t value_;                                   \
        asm volatile("mrs %0, " #name : "=r"(value_) : : "memory"); \
        value_;                                            \
    })
#define write_sysreg(name, value) asm volatile("msr " #name ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

static inline void isb(void) { asm volatile("isb" : : : "memory"); }
static inline void dsb_sy(void) { asm volatile("dsb sy" : : : "memory"); }
static inline void dsb_ish(void) { asm volatile("dsb ish" : : : "memory"); }
static inline void wfi(void) { asm volatile("wfi" : : : "memory"); }
static inline void wfe(void) { asm volatile("wfe" : : : "memory"); }
static inline void sev(void) { asm volatile("dsb ish\n\tsev" : : : "memory"); }

/* Bits `high` to `low` of `value`. */
static inline uint64_t field(uint64_t value, unsigned high, unsigned low)
{
    return value >> low & (BIT(high - low + 1) - 1);
}
#endif

/* SCTLR_EL1 */
#define SCTLR_M BIT(0)
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_SA BIT(3)
#define SCTLR_SA0 BIT(4)
#define SCTLR_UMA BIT(9)
#define SCTLR_EOS BIT(11)
#define SCTLR_I BIT(12)
#define SCTLR_DZE BIT(14)
#define SCTLR_UCT BIT(15)
#define SCTLR_nTWI BIT(16)
#define SCTLR_nTWE BIT(18)
#define SCTLR_WXN BIT(19)
#define SCTLR_TSCXT BIT(20)
#define SCTLR_EIS BIT(22)
#define SCTLR_SPAN BIT(23)
#define SCTLR_UCI BIT(26)
#define SCTLR_nTLSMD BIT(28)
#define SCTLR_LSMAOE BIT(29)
/* RES1 in Armv8.0; where a later extension gives the bit a meaning, 1 is the Armv8.0 behaviour. */
#define SCTLR_RES1 (SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS | SCTLR_SPAN | SCTLR_nTLSMD | SCTLR_LSMAOE)

/* CPACR_EL1 */
#define CPACR_FPEN_NONE (3UL << 20)
#define CPACR_FPEN_TRAP_EL0 (1UL << 20)
#define CPACR_FPEN_TRAP_ALL (0UL << 20)

/* TCR_EL1 */
#define TCR_T0SZ(bits) (64UL - (bits))
#define TCR_EPD0 BIT(7)
#define TCR_IRGN0_WBWA (1UL << 8)
#define TCR_ORGN0_WBWA (1UL << 10)
#define TCR_SH0_INNER (3UL << 12)
#define TCR_TG0_4K (0UL << 14)
#define TCR_T1SZ(bits) ((64UL - (bits)) << 16)
#define TCR_A1 BIT(22)
#define TCR_EPD1 BIT(23)
#define TCR_IRGN1_WBWA (1UL << 24)
#define TCR_ORGN1_WBWA (1UL << 26)
#define TCR_SH1_INNER (3UL << 28)
#define TCR_TG1_4K (2UL << 30)
#define TCR_IPS(parange) ((parange) << 32)
#define TCR_IPS_MASK (7UL << 32)
#define TCR_AS BIT(36)
#define TCR_TBI0 BIT(37)

/* PSTATE as SPSR_ELx holds it */
#define SPSR_EL0t 0x0UL
#define SPSR_EL1t 0x4UL
#define SPSR_EL1h 0x5UL
#define SPSR_EL2h 0x9UL
#define SPSR_F BIT(6)
#define SPSR_I BIT(7)
#define SPSR_A BIT(8)
#define SPSR_D BIT(9)
#define SPSR_DAIF (SPSR_D | SPSR_A | SPSR_I | SPSR_F)
#define SPSR_IL BIT(20)
#define SPSR_SS BIT(21)

/* HCR_EL2 */
#define HCR_HCD BIT(29)
#define HCR_RW BIT(31)
#define HCR_APK BIT(40)
#define HCR_API BIT(41)

/* SCR_EL3 */
#define SCR_NS BIT(0)
#define SCR_FIQ BIT(2)
#define SCR_RES1 (BIT(4) | BIT(5))
#define SCR_HCE BIT(8)
#define SCR_RW BIT(10)
#define SCR_APK BIT(16)
#define SCR_API BIT(17)

/* ICC_SRE_ELx */
#define ICC_SRE_SRE BIT(0)
#define ICC_SRE_DFB BIT(1)
#define ICC_SRE_DIB BIT(2)
#define ICC_SRE_ENABLE BIT(3)

/* ESR_ELx */
#define ESR_EC(esr) ((esr) >> 26 & 0x3f)
#define ESR_ISS(esr) ((esr) & 0x1ffffff)
#define EC_UNKNOWN 0x00u
#define EC_SVC64 0x15u
#define EC_DATA_ABORT_LOWER 0x24u
#define EC_DATA_ABORT 0x25u

#endif
