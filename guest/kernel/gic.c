/* GICv3 (Arm IHI 0069) with affinity routing and one security state, or seen from Non-secure EL1. */
#include "board.h"
#include "interrupts.h"
#include "memory.h"
#include "panic.h"
#include "sysreg.h"

#define GICD_CTLR 0x0000
#define GICD_TYPER 0x0004
#define GICD_IGROUPR 0x0080
#define GICD_ISENABLER 0x0100
#define GICD_ICENABLER 0x0180
#define GICD_ICPENDR 0x0280
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR 0x0c00
#define GICD_IROUTER 0x6000

#define GICD_CTLR_ENABLE_GRP1 BIT(1)
#define GICD_CTLR_ARE BIT(4)
#define GICD_CTLR_RWP BIT(31)

#define GICR_STRIDE 0x20000UL
#define GICR_CTLR 0x0000
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI_FRAME 0x10000UL
#define GICR_CTLR_RWP BIT(3)
#define GICR_WAKER_PROCESSOR_SLEEP BIT(1)
#define GICR_WAKER_CHILDREN_ASLEEP BIT(2)

#define FIRST_SPI 32u
#define DEFAULT_PRIORITIES 0xa0a0a0a0u

static char *distributor;
static char *redistributors[MAX_PES]; /* by the PE's number */

/*
 * The compiler knows nothing about the address, so it makes plain loads and stores of it. Those with a base register that changes have
 * no syndrome that a hypervisor could emulate them from (Arm ARM, ESR_EL2.ISV).
 */
static volatile uint32_t *reg(char *base, unsigned offset)
{
    char *at = base + offset;
    asm("" : "+r"(at));
    return (volatile uint32_t *)at;
}

/* SGIs and PPIs are in the PE's own redistributor, SPIs in the distributor, at the same offsets. */
static char *bank(unsigned pe, uint32_t intid)
{
    return intid < FIRST_SPI ? redistributors[pe] + GICR_SGI_FRAME : distributor;
}

static void wait_for_writes(unsigned pe, uint32_t intid)
{
    if (intid < FIRST_SPI)
        while (*reg(redistributors[pe], GICR_CTLR) & GICR_CTLR_RWP)
            ;
    else
        while (*reg(distributor, GICD_CTLR) & GICD_CTLR_RWP)
            ;
}

void interrupts_init(void)
{
    if (!board.gicd)
        panic("the device tree has no arm,gic-v3");
    distributor = memory_map_device(board.gicd, 0x10000);
    memory_map_device(board.gicr, board.gicr_size < MAX_PES * GICR_STRIDE ? board.gicr_size : MAX_PES * GICR_STRIDE);
    *reg(distributor, GICD_CTLR) = 0;
    wait_for_writes(0, FIRST_SPI);
    const uint32_t end = interrupts_end();
    for (uint32_t n = FIRST_SPI; n < end; n += 32) {
        *reg(distributor, GICD_ICENABLER + n / 8) = ~0u;
        *reg(distributor, GICD_ICPENDR + n / 8) = ~0u;
        *reg(distributor, GICD_IGROUPR + n / 8) = ~0u;
    }
    for (uint32_t n = FIRST_SPI; n < end; n += 4)
        *reg(distributor, GICD_IPRIORITYR + n) = DEFAULT_PRIORITIES;
    *reg(distributor, GICD_CTLR) = (uint32_t)(GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
    wait_for_writes(0, FIRST_SPI);
}

uint32_t interrupts_end(void)
{
    const uint32_t end = ((*reg(distributor, GICD_TYPER) & 0x1f) + 1) * 32;
    return end < INTERRUPTS_MAX ? end : INTERRUPTS_MAX;
}

/* The frame whose GICR_TYPER has our affinity. */
static char *find_redistributor(void)
{
    const uint64_t mpidr = read_sysreg(mpidr_el1);
    const uint32_t affinity = (uint32_t)(field(mpidr, 39, 32) << 24 | field(mpidr, 23, 0));
    for (uint64_t at = 0; at < board.gicr_size; at += GICR_STRIDE) {
        char *frame = window(board.gicr + at);
        if (*reg(frame, GICR_TYPER + 4) == affinity)
            return frame;
    }
    panic("this PE has no redistributor");
}

void interrupts_init_pe(unsigned pe)
{
    char *frame = redistributors[pe] = find_redistributor();
    *reg(frame, GICR_WAKER) &= ~(uint32_t)GICR_WAKER_PROCESSOR_SLEEP;
    while (*reg(frame, GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP)
        ;
    char *own = frame + GICR_SGI_FRAME;
    *reg(own, GICD_ICENABLER) = ~0u;
    *reg(own, GICD_IGROUPR) = ~0u;
    for (unsigned n = 0; n < FIRST_SPI; n += 4)
        *reg(own, GICD_IPRIORITYR + n) = DEFAULT_PRIORITIES;
    wait_for_writes(pe, 0);
    write_sysreg(icc_sre_el1, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
    isb();
    write_sysreg(icc_pmr_el1, 0xff);
    write_sysreg(icc_ctlr_el1, 0); /* EOIR drops the priority and deactivates */
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
}

void interrupts_configure(unsigned pe, uint32_t intid, int edge)
{
    volatile uint32_t *icfgr = reg(bank(pe, intid), GICD_ICFGR + intid / 16 * 4);
    const uint32_t bit = 2u << intid % 16 * 2;
    *icfgr = edge ? *icfgr | bit : *icfgr & ~bit;
    if (intid >= FIRST_SPI)
        *(volatile uint64_t *)(distributor + GICD_IROUTER + 8UL * intid) = board.affinity[pe];
}

void interrupts_enable_one(unsigned pe, uint32_t intid)
{
    *reg(bank(pe, intid), GICD_ISENABLER + intid / 32 * 4) = 1u << intid % 32;
}

void interrupts_disable_one(unsigned pe, uint32_t intid)
{
    *reg(bank(pe, intid), GICD_ICENABLER + intid / 32 * 4) = 1u << intid % 32;
    wait_for_writes(pe, intid);
}

void interrupts_clear_pending(unsigned pe, uint32_t intid)
{
    *reg(bank(pe, intid), GICD_ICPENDR + intid / 32 * 4) = 1u << intid % 32;
}

void interrupts_send(unsigned pe, uint32_t sgi)
{
    const uint64_t a = board.affinity[pe];
    dsb_ish(); /* what we wrote before is seen by the PE that we interrupt */
    write_sysreg(icc_sgi1r_el1, field(a, 39, 32) << 48 | field(a, 23, 16) << 32 | (uint64_t)sgi << 24 | field(a, 15, 8) << 16
                                    | 1UL << (a & 15));
    isb();
}

uint32_t interrupts_acknowledge(void)
{
    const uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
    dsb_sy(); /* the acknowledge is done before we touch the device */
    return intid;
}

void interrupts_finish(uint32_t intid)
{
    write_sysreg(icc_eoir1_el1, intid);
    isb();
}
