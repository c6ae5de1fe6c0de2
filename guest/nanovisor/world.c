/*
 * The world switch. What the domain has no business with isn't switched but trapped: the physical timer, debug registers and PMU, keys
 * of pointer authentication, FP (user_call() does that), IMPLEMENTATION DEFINED registers. The guest's physical timer goes on meanwhile.
 */
#include "world.h"
#include "el2.h"
#include "pe.h"
#include "space.h"
#include "stage2.h"

#define HCR_DOMAIN_TRAPS (HCR_TWI | HCR_TIDCP | HCR_TACR | HCR_TSW)
#define MDCR_DOMAIN_TRAPS (MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA)

/* Of the guest that is put away on a PE. */
static struct guest_world {
    struct world world;
    uint64_t cntv_ctl, hcr, mdcr, cnthctl;
} guests[MAX_PES];

static void save(struct world *w)
{
#define SAVE_EL12(name) w->name = read_named(name##_EL12);
#define SAVE_EL1(name) w->name = read_named(name##_EL1);
#define SAVE(name) w->name = read_named(name);
    if (vhe) {
        WORLD_REDIRECTED(SAVE_EL12)
    } else {
        WORLD_REDIRECTED(SAVE_EL1)
    }
    WORLD_OTHERS(SAVE)
}

static void load(const struct world *w)
{
#define LOAD_EL12(name) write_named(name##_EL12, w->name);
#define LOAD_EL1(name) write_named(name##_EL1, w->name);
#define LOAD(name) write_named(name, w->name);
    if (vhe) {
        WORLD_REDIRECTED(LOAD_EL12)
    } else {
        WORLD_REDIRECTED(LOAD_EL1)
    }
    WORLD_OTHERS(LOAD)
}

/* The guest's virtual timer is off while it is away: an interrupt of it couldn't reach the guest before it is back. */
static void put_timers_away(struct guest_world *guest)
{
    guest->cntv_ctl = read_el1(CNTV_CTL);
    guest->cnthctl = read_sysreg(cnthctl_el2);
    write_el1(CNTV_CTL, 0);
    write_sysreg(cnthctl_el2, guest->cnthctl & ~(vhe ? CNTHCTL_E2H_EL1PCEN : CNTHCTL_EL1PCEN));
}

static void bring_timers_back(const struct guest_world *guest)
{
    write_el1(CNTV_CTL, guest->cntv_ctl);
    write_sysreg(cnthctl_el2, guest->cnthctl);
}

void world_enter(const struct world *domain, const struct vgic_domain *vgic, const struct space *space)
{
    struct guest_world *guest = &guests[this_pe()->index];
    save(&guest->world);
    put_timers_away(guest);
    guest->hcr = read_sysreg(hcr_el2);
    guest->mdcr = read_sysreg(mdcr_el2);
    write_sysreg(hcr_el2, (guest->hcr | HCR_DOMAIN_TRAPS) & ~(HCR_APK | HCR_API));
    write_sysreg(mdcr_el2, guest->mdcr | MDCR_DOMAIN_TRAPS);
    vgic_put_away(vgic);
    stage2_use(space->root, space->asid);
    load(domain);
}

void world_leave(struct world *domain, struct vgic_domain *vgic)
{
    const struct guest_world *guest = &guests[this_pe()->index];
    save(domain);
    load(&guest->world);
    write_sysreg(hcr_el2, guest->hcr);
    write_sysreg(mdcr_el2, guest->mdcr);
    bring_timers_back(guest);
    stage2_use_guest();
    vgic_bring_back(vgic);
}
