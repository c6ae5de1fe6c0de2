/* The interrupt controller, and what happens on an interrupt. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H
#include <stdint.h>

#define INTERRUPTS_MAX 288u /* the virt board's last SPI is 287 */
#define INTID_NONE 1020u    /* and above: nothing to handle */
#define SGI_RESCHEDULE 0u
#define INTID_VIRTUAL_TIMER 27u

/* The distributor: once. Then on each PE its own part. */
void interrupts_init(void);
void interrupts_init_pe(unsigned pe);
/* One more than the highest INTID. */
uint32_t interrupts_end(void);

/* `pe` says whose, for SGIs and PPIs; an SPI is routed there when it is configured. */
void interrupts_configure(unsigned pe, uint32_t intid, int edge);
void interrupts_enable_one(unsigned pe, uint32_t intid);
void interrupts_disable_one(unsigned pe, uint32_t intid);
void interrupts_clear_pending(unsigned pe, uint32_t intid);
void interrupts_send(unsigned pe, uint32_t sgi);
uint32_t interrupts_acknowledge(void);
void interrupts_finish(uint32_t intid);

/* Acknowledge and serve all that is pending on this PE. */
void interrupts_serve(void);

#endif
