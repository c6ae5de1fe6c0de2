/* The world that EL1 has on a PE: the registers that nothing but the running guest may see or set. */
#ifndef WORLD_H
#define WORLD_H
#include "vgic.h"
#include <stdint.h>

struct space;

#define WORLD_REDIRECTED(DO)                                                                                                 \
    DO(SCTLR) DO(CPACR) DO(TTBR0) DO(TTBR1) DO(TCR) DO(MAIR) DO(AMAIR) DO(VBAR) DO(CONTEXTIDR) DO(CNTKCTL) DO(ELR) DO(SPSR)   \
    DO(ESR) DO(FAR) DO(AFSR0) DO(AFSR1)
#define WORLD_OTHERS(DO)                                                                                                     \
    DO(sp_el0) DO(sp_el1) DO(tpidr_el0) DO(tpidrro_el0) DO(tpidr_el1) DO(par_el1) DO(csselr_el1) DO(mdscr_el1)

struct world {
#define WORLD_FIELD(name) uint64_t name;
    WORLD_REDIRECTED(WORLD_FIELD)
    WORLD_OTHERS(WORLD_FIELD)
};

/* From the guest's world on this PE to a domain's, which `space` confines; and back, which keeps what the domain's became. */
void world_enter(const struct world *domain, const struct vgic_domain *vgic, const struct space *space);
void world_leave(struct world *domain, struct vgic_domain *vgic);

#endif
