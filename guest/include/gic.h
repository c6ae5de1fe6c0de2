/* GICv3 with affinity routing, seen from Non-secure EL1 (Arm IHI 0069). */
#ifndef GIC_H
#define GIC_H
#include <stdint.h>

#define INTID_SPURIOUS 1023u

/* Distributor: once, by the first PE. */
void gic_init(void);
/* Redistributor and CPU interface of the PE that calls it. All SGIs and PPIs disabled, priority 0xa0, Group 1. */
void gic_init_pe(void);
/*
 * At EL3, when there are two security states: give every interrupt of this PE and the SPIs to Non-secure Group 1, and wake this PE's
 * redistributor (GICR_WAKER is Secure state's alone).
 */
void gic_give_to_non_secure(void);

void gic_enable(uint32_t intid);
void gic_disable(uint32_t intid);
void gic_set_priority(uint32_t intid, uint8_t priority);
void gic_set_pending(uint32_t intid);
void gic_clear_pending(uint32_t intid);
int gic_is_pending(uint32_t intid);
int gic_is_active(uint32_t intid);
/* Send SGI `intid` to the PE with affinity 0.0.0.pe. */
void gic_send_sgi(uint32_t intid, unsigned pe);
/* Architecture revision from GICD_PIDR2, number of SPIs from GICD_TYPER. */
unsigned gic_revision(void);
unsigned gic_spi_count(void);

uint32_t gic_acknowledge(void);
void gic_end(uint32_t intid);

#endif
