/* What a process has put into EL2's lower half for its hyplets; also what an application lives in. */
#ifndef SPACE_H
#define SPACE_H
#include "hyplet.h"
#include <stdbool.h>
#include <stdint.h>

#define MAX_SPACES 32
#define OWNER_END (1UL << 32) /* owners from here on are the nanovisor's own: applications */

struct space {
    uint64_t owner; /* 0: a free entry */
    enum hyplet_mode mode;
    bool by_stage2; /* its tables are a stage 2: what confines EL0 on a core without VHE */
    uint64_t *root;
    unsigned asid;
    unsigned pages;           /* mapped */
    unsigned executable;      /* of those: are there any */
    uint32_t ending;          /* not 0: calls come back at once */
    uint64_t budget;          /* of one call, in ticks; 0: none */
    uint64_t runs;            /* calls that came back */
};

/* The owner's space, or null. */
struct space *space_of(uint64_t owner);
/* A new one, or null when there are too many or no memory. */
struct space *space_new(uint64_t owner, enum hyplet_mode mode);
/* One that confines EL1 as well, by a stage 2: a domain's. */
struct space *space_new_domain(uint64_t owner);
/* Whether calls into it may be made, or go on. */
bool space_ending(const struct space *space);
/* End calls that are under way on any PE, wait for them, unmap everything and forget it. */
void space_delete(struct space *space);

/* This PE translates the lower half with it, until it uses another. False: it is ending, so make no call. */
bool space_use(struct space *space);
/* From an interrupt: leave the space if it is ending and no call is under way. */
void space_check(void);

/*
 * Map one page, `permissions` of HYPLET_WRITE and HYPLET_EXECUTE. What was mapped there is replaced. False: no memory for tables.
 */
bool space_map(struct space *space, uint64_t va, uint64_t pa, unsigned permissions);
/* Map device registers, never executable. */
bool space_map_device(struct space *space, uint64_t va, uint64_t pa);
/* False: nothing was mapped there. */
bool space_unmap(struct space *space, uint64_t va);
/* Physical address of a mapped page with at least these permissions, or 0. */
uint64_t space_page(const struct space *space, uint64_t va, unsigned permissions);
unsigned spaces_count(void);

#endif
