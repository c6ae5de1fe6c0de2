#include "vgic.h"
#include "gicv3.h"
#include "pe.h"

#define ICH_LR_PENDING BIT(62)
#define ICH_LR_ACTIVE BIT(63)
#define ICH_LR_HW BIT(61)
#define ICH_LR_GROUP1 BIT(60)
#define ICH_LR_PRIORITY_SHIFT 48
#define ICH_LR_PINTID_SHIFT 32
#define ICH_LR_STATE (ICH_LR_PENDING | ICH_LR_ACTIVE)
#define ICH_HCR_EN BIT(0)
#define ICH_HCR_UIE BIT(1)
#define ICH_VMCR_VPMR_SHIFT 24
#define ICH_VMCR_VENG1 BIT(1)

#define MAX_LRS 16
#define WORDS 32

struct vgic_pe {
    struct vgic_private private;
    uint32_t waiting[WORDS]; /* physical interrupts, acknowledged, that found no list register */
    unsigned waiting_count;
    bool away; /* a domain has the virtual CPU interface; the guest's is here */
    uint64_t lrs[MAX_LRS], used, vmcr, ap1r0;
};

static struct vgic_pe vgics[MAX_PES];
uint8_t vgic_spi_priority[1024];
bool vgic_enabled;

#define EACH_LR(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

static uint64_t lr_read(unsigned n)
{
    switch (n) {
#define READ(i) case i: return read_named(ich_lr##i##_el2);
    EACH_LR(READ)
    }
    return 0;
}

static void lr_write(unsigned n, uint64_t value)
{
    switch (n) {
#define WRITE(i) case i: write_named(ich_lr##i##_el2, value); break;
    EACH_LR(WRITE)
    }
}

static unsigned lr_count(void)
{
    return (unsigned)field(read_sysreg(ich_vtr_el2), 4, 0) + 1;
}

struct vgic_private *vgic_private(unsigned pe)
{
    return &vgics[pe].private;
}

void vgic_init_pe(void)
{
    for (unsigned n = 0; n < lr_count(); n++)
        lr_write(n, 0);
    write_sysreg(ich_ap1r0_el2, 0);
    write_sysreg(ich_vmcr_el2, 0xffUL << ICH_VMCR_VPMR_SHIFT); /* the guest turns its interface on itself */
    write_sysreg(ich_hcr_el2, ICH_HCR_EN);
    struct vgic_private *private = &vgics[this_pe()->index].private;
    private->enabled = 0xffff; /* SGIs may be enabled for good; most guests write it anyway */
    for (unsigned n = 0; n < 32; n++)
        private->priority[n] = 0xa0;
}

static uint64_t priority_of(const struct vgic_pe *vgic, uint32_t intid)
{
    return intid < FIRST_SPI ? vgic->private.priority[intid] : vgic_spi_priority[intid];
}

static uint64_t empty_lrs(void)
{
    return read_sysreg(ich_elrsr_el2) & (BIT(lr_count()) - 1);
}

/* A list register with nothing in it, or -1. */
static int free_lr(void)
{
    const uint64_t empty = empty_lrs();
    return empty ? __builtin_ctzl(empty) : -1;
}

static bool place(const struct vgic_pe *vgic, uint32_t intid, uint64_t hardware)
{
    const int n = free_lr();
    if (n < 0)
        return false;
    lr_write((unsigned)n, ICH_LR_PENDING | ICH_LR_GROUP1 | hardware | priority_of(vgic, intid) << ICH_LR_PRIORITY_SHIFT | intid);
    return true;
}

static uint64_t linked_to(uint32_t intid)
{
    return ICH_LR_HW | (uint64_t)intid << ICH_LR_PINTID_SHIFT;
}

/* An interrupt that is in a list register already becomes pending there. */
static bool merge(uint32_t intid)
{
    for (unsigned n = 0; n < lr_count(); n++) {
        const uint64_t lr = lr_read(n);
        if ((lr & ICH_LR_STATE) && (uint32_t)lr == intid) {
            lr_write(n, lr | ICH_LR_PENDING);
            return true;
        }
    }
    return false;
}

/* Ask for a maintenance interrupt when there is room again, as long as something waits. */
static void set_underflow(bool waiting)
{
    write_sysreg(ich_hcr_el2, ICH_HCR_EN | (waiting ? ICH_HCR_UIE : 0));
}

static bool refill_hardware(struct vgic_pe *vgic)
{
    for (unsigned word = 0; vgic->waiting_count && word < WORDS; word++) {
        while (vgic->waiting[word]) {
            const unsigned bit = (unsigned)__builtin_ctz(vgic->waiting[word]);
            if (!place(vgic, word * 32 + bit, linked_to(word * 32 + bit)))
                return false;
            vgic->waiting[word] &= ~(1u << bit);
            vgic->waiting_count--;
        }
    }
    return true;
}

static bool refill_private(struct vgic_pe *vgic)
{
    for (;;) {
        const uint32_t ready = vgic->private.pending & vgic->private.enabled;
        if (!ready)
            return true;
        const unsigned intid = (unsigned)__builtin_ctz(ready);
        if (!merge(intid) && !place(vgic, intid, 0))
            return false;
        __atomic_and_fetch(&vgic->private.pending, ~(1u << intid), __ATOMIC_SEQ_CST);
    }
}

void vgic_refill(void)
{
    struct vgic_pe *vgic = &vgics[this_pe()->index];
    if (!vgic->away)
        set_underflow(vgic_enabled && !(refill_hardware(vgic) && refill_private(vgic)));
}

void vgic_give(uint32_t intid)
{
    struct vgic_pe *vgic = &vgics[this_pe()->index];
    if (vgic->away && intid == INTID_VIRTUAL_TIMER) {
        gicv3_deactivate(intid); /* the domain's doing, whose affair it isn't: the guest's is off */
        return;
    }
    if (vgic_enabled && !vgic->away && !vgic->waiting_count && place(vgic, intid, linked_to(intid)))
        return;
    vgic->waiting[intid / 32] |= 1u << intid % 32;
    vgic->waiting_count++;
    if (!vgic->away)
        set_underflow(vgic_enabled);
}

void vgic_domain_raise(struct vgic_domain *domain, uint32_t intid)
{
    domain->lr = (domain->lr & ICH_LR_ACTIVE) | ICH_LR_PENDING | ICH_LR_GROUP1 | intid;
}

void vgic_put_away(const struct vgic_domain *domain)
{
    struct vgic_pe *vgic = &vgics[this_pe()->index];
    vgic->used = ~empty_lrs() & (BIT(lr_count()) - 1);
    for (uint64_t left = vgic->used; left; left &= left - 1) {
        const unsigned n = (unsigned)__builtin_ctzl(left);
        vgic->lrs[n] = lr_read(n);
        lr_write(n, 0);
    }
    vgic->vmcr = read_sysreg(ich_vmcr_el2);
    vgic->ap1r0 = read_sysreg(ich_ap1r0_el2);
    vgic->away = true;
    set_underflow(false);
    lr_write(0, domain->lr);
    write_sysreg(ich_vmcr_el2, domain->vmcr);
    write_sysreg(ich_ap1r0_el2, domain->ap1r0);
}

void vgic_bring_back(struct vgic_domain *domain)
{
    struct vgic_pe *vgic = &vgics[this_pe()->index];
    domain->lr = lr_read(0);
    domain->vmcr = read_sysreg(ich_vmcr_el2);
    domain->ap1r0 = read_sysreg(ich_ap1r0_el2);
    lr_write(0, 0);
    for (uint64_t left = vgic->used; left; left &= left - 1) {
        const unsigned n = (unsigned)__builtin_ctzl(left);
        lr_write(n, vgic->lrs[n]);
    }
    write_sysreg(ich_vmcr_el2, vgic->vmcr);
    write_sysreg(ich_ap1r0_el2, vgic->ap1r0);
    vgic->away = false;
    vgic_refill();
}

void vgic_raise(unsigned pe, uint32_t intid)
{
    struct vgic_pe *vgic = &vgics[pe];
    __atomic_or_fetch(&vgic->private.pending, 1u << intid, __ATOMIC_SEQ_CST);
    if (pe == this_pe()->index)
        vgic_refill();
    else
        gicv3_kick(pe);
}

/* GICv3 12.2: target list of Aff0 within Aff3.Aff2.Aff1 and a range of 16, or all but the sender. */
void vgic_send_sgi(uint64_t value)
{
    const uint32_t intid = (uint32_t)field(value, 27, 24);
    const uint64_t cluster = field(value, 55, 48) << 32 | field(value, 39, 32) << 16 | field(value, 23, 16) << 8;
    for (unsigned pe = 0; pe < pe_count; pe++) {
        const uint64_t mpidr = pes[pe].mpidr;
        const bool listed = (mpidr & ~0xffUL) == cluster && field(mpidr, 7, 4) == field(value, 47, 44)
                            && (value >> field(mpidr, 3, 0) & 1);
        if (field(value, 40, 40) ? pe != this_pe()->index : listed)
            vgic_raise(pe, intid);
    }
}
