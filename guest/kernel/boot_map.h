/* The first translation tables. */
#ifndef BOOT_MAP_H
#define BOOT_MAP_H
#include <stdint.h>

/*
 * Called with the MMU off. Maps the image at KERNEL_VA, the start of the image at its own address (until the first jump to the
 * upper half), and the device tree in the window.
 */
void boot_map(uint64_t device_tree);

extern uint64_t kernel_root[512];
/* The physical address of KERNEL_VA. */
extern uint64_t kernel_pa;

#endif
