/* EL2's own translation: the upper half of every table that a hyplet runs with. */
#ifndef STAGE1_H
#define STAGE1_H
#include <stdint.h>

/* Physical address of the tables that PEs start with. */
extern uint64_t stage1_root;

/* From start.S, before the MMU is on. */
void stage1_build(uint64_t device_tree);
/* Map all of RAM. */
void stage1_finish(uint64_t ram_base, uint64_t ram_size);
/* This PE translates with `root` from now on; null: with a lower half that is empty. ASID 0 is null's. */
void stage1_use(const uint64_t *root, unsigned asid);
/* A new root whose upper half is ours and whose lower half is empty, or null. */
uint64_t *stage1_new_root(void);
/* Give a root of stage1_new_root() back, with what is in its lower half. */
void stage1_free_root(uint64_t *root);

/* Attributes of EL2's own mappings, which no ASID has. */
uint64_t stage1_data(void);
uint64_t stage1_rodata(void);
uint64_t stage1_code(void);
uint64_t stage1_device(void);

#endif
