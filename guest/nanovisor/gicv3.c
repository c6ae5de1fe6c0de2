#include "gicv3.h"
#include "layout.h"
#include "pe.h"

#define GICD_CTLR_ENABLE_GRP1 BIT(1)
#define GICD_CTLR_ARE BIT(4)
#define GICD_CTLR_RWP BIT(31)
#define GICR_CTLR_RWP BIT(3)
#define GICR_TYPER_LAST BIT(4)
#define GICR_WAKER_PROCESSOR_SLEEP BIT(1)
#define GICR_WAKER_CHILDREN_ASLEEP BIT(2)
#define ICC_CTLR_EOIMODE BIT(1)

#define GUEST_PRIORITIES 0xa0a0a0a0u
#define OUR_PRIORITY 0x40u /* above what a guest may give its own */

static unsigned frames[MAX_PES]; /* number of each PE's redistributor */
static unsigned spi_count;

static volatile uint32_t *distributor(uint64_t offset)
{
    return (volatile uint32_t *)(LINEAR_BASE + VIRT_GICD_BASE + offset);
}

static volatile uint32_t *redistributor(unsigned frame, uint64_t offset)
{
    return (volatile uint32_t *)(LINEAR_BASE + VIRT_GICR_BASE + (uint64_t)frame * GICR_STRIDE + offset);
}

uint32_t gicd_read(uint64_t offset)
{
    return *distributor(offset);
}

void gicd_write(uint64_t offset, uint32_t value)
{
    *distributor(offset) = value;
}

void gicd_write64(uint64_t offset, uint64_t value)
{
    *(volatile uint64_t *)distributor(offset) = value;
}

uint32_t gicr_read(unsigned pe, uint64_t offset)
{
    return *redistributor(frames[pe], offset);
}

void gicr_write(unsigned pe, uint64_t offset, uint32_t value)
{
    *redistributor(frames[pe], offset) = value;
}

unsigned gicv3_spi_count(void)
{
    return spi_count;
}

static void wait_for_distributor(void)
{
    while (gicd_read(GICD_CTLR) & GICD_CTLR_RWP)
        ;
}

void gicv3_init(void)
{
    gicd_write(GICD_CTLR, 0);
    wait_for_distributor();
    spi_count = (gicd_read(GICD_TYPER) & 0x1f) * 32;
    if (spi_count > FIRST_SPECIAL - FIRST_SPI)
        spi_count = FIRST_SPECIAL - FIRST_SPI;
    for (unsigned n = FIRST_SPI; n < FIRST_SPI + spi_count; n++) {
        if (n % 32 == 0) {
            gicd_write(GICD_ICENABLER + n / 8, ~0u);
            gicd_write(GICD_IGROUPR + n / 8, ~0u); /* Group 1; ignored where Secure state owns the groups */
        }
        if (n % 4 == 0)
            gicd_write(GICD_IPRIORITYR + n, GUEST_PRIORITIES);
    }
    wait_for_distributor();
    gicd_write(GICD_CTLR, (uint32_t)(GICD_CTLR_ARE /* affinity routing */
                                     | GICD_CTLR_ENABLE_GRP1));
    wait_for_distributor();
}

/* The frame whose GICR_TYPER has our affinity. */
static unsigned find_frame(uint64_t mpidr)
{
    const uint32_t affinity = (uint32_t)(field(mpidr, 39, 32) << 24 | field(mpidr, 23, 0));
    unsigned frame = 0;
    while (*redistributor(frame, GICR_TYPER + 4) != affinity && !(*redistributor(frame, GICR_TYPER) & GICR_TYPER_LAST))
        frame++;
    return frame;
}

static void init_private(unsigned pe)
{
    gicr_write(pe, GICR_WAKER, gicr_read(pe, GICR_WAKER) & ~(uint32_t)GICR_WAKER_PROCESSOR_SLEEP);
    while (gicr_read(pe, GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP)
        ;
    gicr_write(pe, GICR_SGI_FRAME + GICD_ICENABLER, ~0u);
    gicr_write(pe, GICR_SGI_FRAME + GICD_IGROUPR, ~0u);
    for (unsigned n = 0; n < FIRST_SPI; n += 4)
        gicr_write(pe, GICR_SGI_FRAME + GICD_IPRIORITYR + n, GUEST_PRIORITIES);
    while (gicr_read(pe, GICR_CTLR) & GICR_CTLR_RWP)
        ;
}

void gicv3_init_pe(void)
{
    const unsigned pe = this_pe()->index;
    frames[pe] = find_frame(read_sysreg(mpidr_el1));
    init_private(pe);
    write_sysreg(icc_pmr_el1, 0xff); /* every priority passes */
    write_sysreg(icc_bpr1_el1, 0);
    write_sysreg(icc_ctlr_el1, ICC_CTLR_EOIMODE); /* EOIR drops the priority; the guest deactivates what it was given */
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    gicv3_enable_private(INTID_KICK);
    gicv3_enable_private(INTID_MAINTENANCE);
    gicv3_enable_private(INTID_TIMER);
}

void gicv3_enable_private(uint32_t intid)
{
    const unsigned pe = this_pe()->index;
    const uint64_t word = GICR_SGI_FRAME + GICD_IPRIORITYR + intid / 4 * 4;
    const unsigned shift = intid % 4 * 8;
    gicr_write(pe, word, (gicr_read(pe, word) & ~(0xffu << shift)) | OUR_PRIORITY << shift);
    gicr_write(pe, GICR_SGI_FRAME + GICD_ISENABLER, 1u << intid);
}

uint32_t gicv3_acknowledge(void)
{
    const uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
    dsb_sy(); /* the acknowledge is done before we touch the device */
    return intid;
}

void gicv3_drop(uint32_t intid)
{
    write_sysreg(icc_eoir1_el1, intid);
    isb();
}

void gicv3_deactivate(uint32_t intid)
{
    dsb_sy();
    write_sysreg(icc_dir_el1, intid);
    isb();
}

void gicv3_kick(unsigned pe)
{
    const uint64_t mpidr = pes[pe].mpidr;
    dsb_ish(); /* what we wrote before is seen by the PE that we interrupt */
    write_sysreg(icc_sgi1r_el1, (uint64_t)INTID_KICK << 24
                                    | field(mpidr, 39, 32) << 48
                                    | field(mpidr, 23, 16) << 32
                                    | field(mpidr, 15, 8) << 16
                                    | field(mpidr, 7, 4) << 44 /* range of 16 */
                                    | 1UL << field(mpidr, 3, 0));
    isb();
}
