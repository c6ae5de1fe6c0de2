#include "gic.h"
#include "sysreg.h"
#include "virt.h"

#define GICD_CTLR 0x0000
#define GICD_TYPER 0x0004
#define GICD_IGROUPR 0x0080
#define GICD_ISENABLER 0x0100
#define GICD_ICENABLER 0x0180
#define GICD_ISPENDR 0x0200
#define GICD_ICPENDR 0x0280
#define GICD_ISACTIVER 0x0300
#define GICD_IPRIORITYR 0x0400
#define GICD_IROUTER 0x6000
#define GICD_PIDR2 0xffe8

#define GICD_CTLR_ENABLE_GRP1 BIT(1) /* EnableGrp1 with one security state, EnableGrp1A seen from Non-secure */
#define GICD_CTLR_ARE BIT(4)         /* ARE, or ARE_NS seen from Non-secure */
#define GICD_CTLR_ARE_NS_FROM_SECURE BIT(5)
#define GICD_CTLR_RWP BIT(31)

#define GICR_STRIDE 0x20000UL
#define GICR_CTLR 0x0000
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI_FRAME 0x10000UL /* same offsets from here as in the distributor for INTIDs below 32 */
#define GICR_CTLR_RWP BIT(3)
#define GICR_TYPER_LAST BIT(4)
#define GICR_WAKER_PROCESSOR_SLEEP BIT(1)
#define GICR_WAKER_CHILDREN_ASLEEP BIT(2)

#define FIRST_SPI 32u

static uint32_t read32(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

static void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

/* The redistributor of the PE that asks: the frame whose GICR_TYPER has our affinity. */
static uint64_t redistributor(void)
{
    const uint64_t mpidr = read_sysreg(mpidr_el1);
    const uint32_t affinity = (uint32_t)(field(mpidr, 39, 32) << 24 | field(mpidr, 23, 0));
    uint64_t frame = VIRT_GICR_BASE;
    while (read32(frame + GICR_TYPER + 4) != affinity && !(read32(frame + GICR_TYPER) & GICR_TYPER_LAST))
        frame += GICR_STRIDE;
    return frame;
}

/* SGIs and PPIs are banked in the redistributor, SPIs are the distributor's. */
static uint64_t base_for(uint32_t intid)
{
    return intid < FIRST_SPI ? redistributor() + GICR_SGI_FRAME : VIRT_GICD_BASE;
}

static void write_bit(uint32_t intid, unsigned bank)
{
    write32(base_for(intid) + bank + intid / 32 * 4, 1u << intid % 32);
}

static int read_bit(uint32_t intid, unsigned bank)
{
    return read32(base_for(intid) + bank + intid / 32 * 4) >> intid % 32 & 1;
}

static void wait_for_writes(uint32_t intid)
{
    if (intid < FIRST_SPI)
        while (read32(redistributor() + GICR_CTLR) & GICR_CTLR_RWP)
            ;
    else
        while (read32(VIRT_GICD_BASE + GICD_CTLR) & GICD_CTLR_RWP)
            ;
}

unsigned gic_revision(void)
{
    return read32(VIRT_GICD_BASE + GICD_PIDR2) >> 4 & 0xf;
}

unsigned gic_spi_count(void)
{
    return (read32(VIRT_GICD_BASE + GICD_TYPER) & 0x1f) * 32;
}

static void wake(uint64_t frame)
{
    write32(frame + GICR_WAKER, read32(frame + GICR_WAKER) & ~(uint32_t)GICR_WAKER_PROCESSOR_SLEEP);
    while (read32(frame + GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP)
        ;
}

void gic_give_to_non_secure(void)
{
    const uint64_t frame = redistributor();
    write32(VIRT_GICD_BASE + GICD_CTLR, (uint32_t)(GICD_CTLR_ARE | GICD_CTLR_ARE_NS_FROM_SECURE));
    for (unsigned n = FIRST_SPI; n < FIRST_SPI + gic_spi_count(); n += 32)
        write32(VIRT_GICD_BASE + GICD_IGROUPR + n / 8, ~0u);
    write32(frame + GICR_SGI_FRAME + GICD_IGROUPR, ~0u);
    wake(frame);
}

void gic_init(void)
{
    write32(VIRT_GICD_BASE + GICD_CTLR, 0);
    wait_for_writes(FIRST_SPI);
    for (unsigned n = FIRST_SPI; n < FIRST_SPI + gic_spi_count(); n++) {
        if (n % 32 == 0) {
            write32(VIRT_GICD_BASE + GICD_ICENABLER + n / 8, ~0u);
            write32(VIRT_GICD_BASE + GICD_IGROUPR + n / 8, ~0u); /* Group 1; ignored where Secure state owns the groups */
        }
        if (n % 4 == 0)
            write32(VIRT_GICD_BASE + GICD_IPRIORITYR + n, 0xa0a0a0a0);
    }
    wait_for_writes(FIRST_SPI);
    write32(VIRT_GICD_BASE + GICD_CTLR, (uint32_t)(GICD_CTLR_ARE /* affinity routing, so SGIs go by MPIDR */
                                                   | GICD_CTLR_ENABLE_GRP1));
    wait_for_writes(FIRST_SPI);
}

void gic_init_pe(void)
{
    const uint64_t frame = redistributor();
    wake(frame); /* no effect where GICR_WAKER is Secure state's: it is awake already */
    write32(frame + GICR_SGI_FRAME + GICD_ICENABLER, ~0u);
    write32(frame + GICR_SGI_FRAME + GICD_IGROUPR, ~0u);
    for (unsigned n = 0; n < FIRST_SPI; n += 4)
        write32(frame + GICR_SGI_FRAME + GICD_IPRIORITYR + n, 0xa0a0a0a0);
    wait_for_writes(0);

    write_sysreg(icc_sre_el1, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
    isb();
    write_sysreg(icc_pmr_el1, 0xff); /* every priority passes */
    write_sysreg(icc_bpr1_el1, 0); /* all priority bits count for preemption (the smallest value allowed is taken) */
    write_sysreg(icc_ctlr_el1, 0); /* EOIR drops priority and deactivates at once */
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
}

void gic_enable(uint32_t intid)
{
    write_bit(intid, GICD_ISENABLER);
    if (intid >= FIRST_SPI)
        *(volatile uint64_t *)(VIRT_GICD_BASE + GICD_IROUTER + 8UL * intid) = read_sysreg(mpidr_el1) & 0xff00ffffff;
}

void gic_disable(uint32_t intid)
{
    write_bit(intid, GICD_ICENABLER);
    wait_for_writes(intid);
}

void gic_set_priority(uint32_t intid, uint8_t priority)
{
    *(volatile uint8_t *)(base_for(intid) + GICD_IPRIORITYR + intid) = priority;
}

void gic_set_pending(uint32_t intid)
{
    write_bit(intid, GICD_ISPENDR);
}

void gic_clear_pending(uint32_t intid)
{
    write_bit(intid, GICD_ICPENDR);
}

int gic_is_pending(uint32_t intid)
{
    return read_bit(intid, GICD_ISPENDR);
}

int gic_is_active(uint32_t intid)
{
    return read_bit(intid, GICD_ISACTIVER);
}

void gic_send_sgi(uint32_t intid, unsigned pe)
{
    dsb_ish(); /* what we wrote before is seen by the PE that we interrupt */
    write_sysreg(icc_sgi1r_el1, (uint64_t)intid << 24 | 1UL << pe);
    isb();
}

uint32_t gic_acknowledge(void)
{
    uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
    dsb_sy(); /* the acknowledge is done before we touch the device */
    return intid;
}

void gic_end(uint32_t intid)
{
    dsb_sy();
    write_sysreg(icc_eoir1_el1, intid);
    isb();
}
