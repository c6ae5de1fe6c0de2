/* The physical GICv3 (Arm IHI 0069), which is the nanovisor's. Registers are named as the manual names them. */
#ifndef GICV3_H
#define GICV3_H
#include <stdint.h>

#define GICD_CTLR 0x0000
#define GICD_TYPER 0x0004
#define GICD_IIDR 0x0008
#define GICD_IGROUPR 0x0080
#define GICD_ISENABLER 0x0100
#define GICD_ICENABLER 0x0180
#define GICD_ISPENDR 0x0200
#define GICD_ICPENDR 0x0280
#define GICD_ISACTIVER 0x0300
#define GICD_ICACTIVER 0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR 0x0c00
#define GICD_IGRPMODR 0x0d00
#define GICD_IROUTER 0x6000
#define GICD_PIDR2 0xffe8
#define GICD_SIZE 0x10000

#define GICR_CTLR 0x0000
#define GICR_IIDR 0x0004
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI_FRAME 0x10000
#define GICR_STRIDE 0x20000

#define FIRST_PPI 16u
#define FIRST_SPI 32u
#define FIRST_SPECIAL 1020u

/* INTIDs that are EL2's. */
#define INTID_KICK 1u         /* an SGI: look at what another PE left for you */
#define INTID_MAINTENANCE 25u /* of the virtual CPU interface */
#define INTID_TIMER 26u       /* CNTHP */

#define INTID_VIRTUAL_TIMER 27u /* the guest's */

void gicv3_init(void);
void gicv3_init_pe(void);
void gicv3_enable_private(uint32_t intid);

uint32_t gicv3_acknowledge(void);
/* Drop the priority: others may come in, this one not until it is deactivated. */
void gicv3_drop(uint32_t intid);
void gicv3_deactivate(uint32_t intid);
/* Send INTID_KICK to PE `pe`. */
void gicv3_kick(unsigned pe);

/* Register access for the guest's emulated distributor and redistributors. */
uint32_t gicd_read(uint64_t offset);
void gicd_write(uint64_t offset, uint32_t value);
void gicd_write64(uint64_t offset, uint64_t value);
uint32_t gicr_read(unsigned pe, uint64_t offset);
void gicr_write(unsigned pe, uint64_t offset, uint32_t value);
/* SPIs that the distributor has; INTIDs go from 32 to 31 + this. */
unsigned gicv3_spi_count(void);

#endif
