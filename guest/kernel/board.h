/* What the device tree says about the machine (Devicetree Specification). */
#ifndef BOARD_H
#define BOARD_H
#include "layout.h"
#include <stdint.h>

struct board {
    uint64_t ram, ram_size;
    uint64_t uart;
    uint64_t gicd, gicr, gicr_size;
    uint64_t initrd, initrd_end;
    const char *arguments; /* /chosen's bootargs, or "" */
    int psci;              /* 0: none, 1: HVC, 2: SMC */
    unsigned pes;
    uint64_t affinity[MAX_PES];
    uint64_t tree, tree_size;
};

extern struct board board;

/* Fill it in from the tree at this physical address; 0 when there is no tree there. */
int board_read(uint64_t device_tree);
/* The value of `name=` in the arguments up to the next space, as a number; `otherwise` when it isn't there. */
uint64_t board_number(const char *name, uint64_t otherwise);
/* What follows `name=` in the arguments, or null. */
const char *board_argument(const char *name);

#endif
