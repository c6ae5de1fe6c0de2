/* The distributor and redistributors that the guest sees. */
#ifndef VGIC_REGISTERS_H
#define VGIC_REGISTERS_H

void vgic_registers_init(void);

#endif
