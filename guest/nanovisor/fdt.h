/* The board's device tree (Devicetree Specification, chapter 5), and the one that the guest gets. */
#ifndef NANOVISOR_FDT_H
#define NANOVISOR_FDT_H
#include "virt.h"
#include <stdbool.h>
#include <stdint.h>

struct board {
    uint64_t ram, ram_size;
    unsigned pes;
    uint64_t affinity[MAX_PES];
    bool psci;
    uint64_t initrd, initrd_end; /* both 0: none */
};

/* False: there is no tree at `tree`. What the tree doesn't tell stays as it is in `board`. */
bool fdt_read(const void *tree, struct board *board);

struct fdt_guest {
    uint64_t ram, ram_size;
    uint64_t initrd, initrd_end; /* both 0: none */
    const char *arguments;
    unsigned arguments_size;
};

/*
 * Write to `to` the tree that the guest sees: its memory, its initrd and arguments, PSCI through HVC, and none of the devices that it
 * doesn't get. Its size, or 0 when `room` is too little.
 */
unsigned fdt_write(const void *tree, void *to, unsigned room, const struct fdt_guest *guest);

#endif
