/* The guest's virtual CPU interface: what is pending for it, and the list registers that show it. */
#ifndef VGIC_H
#define VGIC_H
#include <stdbool.h>
#include <stdint.h>

void vgic_init_pe(void);

/* A physical interrupt that this PE has acknowledged is the guest's; its deactivation there deactivates it here. */
void vgic_give(uint32_t intid);
/* Make a private interrupt (SGI, PPI) pending for the guest on PE `pe`, with nothing physical behind it. Any PE may ask. */
void vgic_raise(unsigned pe, uint32_t intid);
/* Move what is pending for this PE into list registers: after a kick, a maintenance interrupt, a change of enables. */
void vgic_refill(void);

/*
 * Give this PE's virtual CPU interface to a domain, whose only interrupts are those that vgic_domain_raise() makes pending while it is
 * away; what comes for the guest meanwhile waits. Then take it back.
 */
struct vgic_domain {
    uint64_t lr, vmcr, ap1r0;
};
void vgic_domain_raise(struct vgic_domain *domain, uint32_t intid);
void vgic_put_away(const struct vgic_domain *domain);
void vgic_bring_back(struct vgic_domain *domain);

/* The private interrupts that have no physical side: which are enabled, pending, and their priorities. For the distributor. */
#define VGIC_VIRTUAL_PRIVATE (0xffffu | 1u << 20)
struct vgic_private {
    uint32_t enabled;
    uint32_t pending;
    uint8_t priority[32];
};
struct vgic_private *vgic_private(unsigned pe);
/* What an SPI's virtual priority is; the distributor keeps it. */
extern uint8_t vgic_spi_priority[1024];
/* Whether GICD_CTLR.EnableGrp1 is set: without, nothing is forwarded. */
extern bool vgic_enabled;

/* ICC_SGI1R_EL1, written by the guest. */
void vgic_send_sgi(uint64_t value);

#endif
