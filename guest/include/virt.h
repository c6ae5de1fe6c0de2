/* The `virt` board: where things are (hw/arm/virt.c's memory map, which operating systems read from the device tree). */
#ifndef VIRT_H
#define VIRT_H

#define VIRT_GICD_BASE 0x08000000UL
#define VIRT_GICR_BASE 0x080a0000UL
#define VIRT_UART_BASE 0x09000000UL
#define VIRT_MMIO_END 0x40000000UL
#define VIRT_RAM_BASE 0x40000000UL
/* What every program may use: the machine's smallest usual memory. */
#define VIRT_RAM_USED 0x08000000UL

/* INTIDs of the PPIs (16 + the PPI's number). */
#define VIRT_INTID_PHYSICAL_TIMER 30u
#define VIRT_INTID_VIRTUAL_TIMER 27u
#define VIRT_INTID_UART 33u

#define MAX_PES 8

#endif
