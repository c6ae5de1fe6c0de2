/*
 * SPIs and the guest's PPIs exist: their registers are the physical ones, seen through a mask. SGIs, and the PPI of our events, are
 * our own. Priorities are kept here, for the list registers; the physical ones stay below EL2's.
 */
#include "vgic-registers.h"
#include "gicv3.h"
#include "mmio.h"
#include "pe.h"
#include "vgic.h"

/* The PPIs with a device behind them that is the guest's: PMU, virtual timer, physical timer. */
#define PHYSICAL_PRIVATE (1u << 23 | 1u << 27 | 1u << 30)

#define GICD_CTLR_DS BIT(6)
#define GICD_CTLR_ARE BIT(4)
#define GICD_CTLR_ENABLE_GRP1 BIT(1)
#define GICR_TYPER_LAST BIT(4)
#define IIDR_ARM 0x43bu
#define PIDR2_GICV3 0x30u

/* The registers with one bit for each interrupt, in steps of 0x80 from IGROUPR. */
static bool is_bitmap(uint64_t offset)
{
    return offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR;
}

static uint32_t merge(uint32_t old, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 4)
        return (uint32_t)value;
    const unsigned shift = offset % 4 * 8;
    const uint32_t mask = (size == 1 ? 0xffu : 0xffffu) << shift;
    return (old & ~mask) | ((uint32_t)value << shift & mask);
}

static void access_priorities(uint8_t *priorities, uint64_t first, struct mmio_access *access)
{
    if (!access->write)
        access->value = 0;
    for (unsigned i = 0; i < access->size; i++) {
        if (access->write)
            priorities[first + i] = (uint8_t)(access->value >> 8 * i) & 0xf8;
        else
            access->value |= (uint64_t)priorities[first + i] << 8 * i;
    }
}

static bool access_router(uint64_t offset, struct mmio_access *access)
{
    if (access->size == 8 && access->write)
        gicd_write64(offset, access->value & 0xff80ffffffUL);
    else if (access->size == 8)
        access->value = gicd_read(offset) | (uint64_t)gicd_read(offset + 4) << 32;
    else if (access->write)
        gicd_write(offset, (uint32_t)access->value);
    else
        access->value = gicd_read(offset);
    return true;
}

static void access_distributor_control(struct mmio_access *access)
{
    if (!access->write) {
        access->value = GICD_CTLR_DS | GICD_CTLR_ARE | (vgic_enabled ? GICD_CTLR_ENABLE_GRP1 : 0);
        return;
    }
    vgic_enabled = access->value & GICD_CTLR_ENABLE_GRP1;
    vgic_refill();
    for (unsigned pe = 0; pe < pe_count; pe++)
        if (pe != this_pe()->index)
            gicv3_kick(pe);
}

static bool access_distributor(void *context, struct mmio_access *access)
{
    (void)context;
    const uint64_t offset = access->address - VIRT_GICD_BASE;
    const uint64_t end = FIRST_SPI + gicv3_spi_count();
    if (offset == GICD_CTLR)
        access_distributor_control(access);
    else if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + end)
        access_priorities(vgic_spi_priority, offset - GICD_IPRIORITYR, access);
    else if (offset >= GICD_IROUTER + 8 * FIRST_SPI && offset < GICD_IROUTER + 8 * end)
        return access_router(offset, access);
    else if (access->write && ((is_bitmap(offset) && offset % 0x80 >= FIRST_SPI / 8 && offset >= GICD_ISENABLER)
                               || (offset >= GICD_ICFGR + FIRST_SPI / 4 && offset < GICD_ICFGR + end / 4)))
        gicd_write(offset & ~3UL, merge(0, offset, access->size, access->value));
    else if (!access->write && (is_bitmap(offset) || offset == GICD_TYPER || offset == GICD_IIDR || offset == GICD_PIDR2
                                || (offset >= GICD_ICFGR && offset < GICD_ICFGR + end / 4)))
        access->value = gicd_read(offset & ~3UL) >> offset % 4 * 8;
    else if (!access->write)
        access->value = 0; /* reserved: RAZ/WI */
    return true;
}

/* One of the bitmaps of SGIs and PPIs: `read` what is in it, or apply the bits that are set in `value`. */
static uint32_t private_bitmap_read(unsigned pe, uint64_t offset)
{
    const struct vgic_private *own = vgic_private(pe);
    const uint32_t physical = gicr_read(pe, GICR_SGI_FRAME + offset) & PHYSICAL_PRIVATE;
    switch (offset) {
    case GICD_IGROUPR:
        return ~0u;
    case GICD_ISENABLER:
    case GICD_ICENABLER:
        return physical | own->enabled;
    case GICD_ISPENDR:
    case GICD_ICPENDR:
        return physical | own->pending;
    default:
        return physical;
    }
}

static void private_bitmap_write(unsigned pe, uint64_t offset, uint32_t value)
{
    struct vgic_private *own = vgic_private(pe);
    const uint32_t ours = value & VGIC_VIRTUAL_PRIVATE;
    if (offset != GICD_IGROUPR)
        gicr_write(pe, GICR_SGI_FRAME + offset, value & PHYSICAL_PRIVATE);
    if (offset == GICD_ISENABLER)
        __atomic_or_fetch(&own->enabled, ours, __ATOMIC_SEQ_CST);
    if (offset == GICD_ICENABLER)
        __atomic_and_fetch(&own->enabled, ~ours, __ATOMIC_SEQ_CST);
    if (offset == GICD_ICPENDR)
        __atomic_and_fetch(&own->pending, ~ours, __ATOMIC_SEQ_CST);
    for (unsigned intid = 0; offset == GICD_ISPENDR && intid < FIRST_SPI; intid++)
        if (ours >> intid & 1)
            vgic_raise(pe, intid);
    if (pe == this_pe()->index)
        vgic_refill();
}

static uint64_t redistributor_type(unsigned pe)
{
    const uint64_t affinity = pes[pe].mpidr;
    return (field(affinity, 39, 32) << 24 | field(affinity, 23, 0)) << 32 | (uint64_t)pe << 8 | (pe + 1 == pe_count ? GICR_TYPER_LAST : 0);
}

static void access_sgi_frame(unsigned pe, uint64_t offset, struct mmio_access *access)
{
    if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + FIRST_SPI)
        access_priorities(vgic_private(pe)->priority, offset - GICD_IPRIORITYR, access);
    else if (is_bitmap(offset) && offset % 0x80 == 0 && access->size == 4 && access->write)
        private_bitmap_write(pe, offset, (uint32_t)access->value);
    else if (is_bitmap(offset) && offset % 0x80 == 0 && access->size == 4)
        access->value = private_bitmap_read(pe, offset);
    else if (!access->write)
        access->value = offset == GICD_ICFGR || offset == GICD_ICFGR + 4 ? gicr_read(pe, GICR_SGI_FRAME + offset) : 0;
}

static bool access_redistributor(void *context, struct mmio_access *access)
{
    (void)context;
    const uint64_t offset = (access->address - VIRT_GICR_BASE) % GICR_STRIDE;
    const unsigned pe = (unsigned)((access->address - VIRT_GICR_BASE) / GICR_STRIDE);
    if (offset >= GICR_SGI_FRAME) {
        access_sgi_frame(pe, offset - GICR_SGI_FRAME, access);
    } else if (!access->write) {
        access->value = 0; /* GICR_CTLR and GICR_WAKER: no writes pending, awake */
        if (offset == GICR_TYPER)
            access->value = redistributor_type(pe);
        else if (offset == GICR_TYPER + 4)
            access->value = redistributor_type(pe) >> 32;
        else if (offset == GICR_IIDR)
            access->value = IIDR_ARM;
        else if (offset == GICD_PIDR2)
            access->value = PIDR2_GICV3;
    }
    return true;
}

void vgic_registers_init(void)
{
    for (unsigned n = 0; n < 1024; n++)
        vgic_spi_priority[n] = 0xa0;
    mmio_register(VIRT_GICD_BASE, GICD_SIZE, access_distributor, 0);
    mmio_register(VIRT_GICR_BASE, (uint64_t)pe_count * GICR_STRIDE, access_redistributor, 0);
}
