/* Stage 2: the guest sees its RAM and its devices at their own addresses, and nothing else. */
#ifndef STAGE2_H
#define STAGE2_H
#include <stdbool.h>
#include <stdint.h>

enum stage2_access { STAGE2_NONE, STAGE2_READ, STAGE2_ALL };

/* Build the tables. False: out of pages. */
bool stage2_init(void);
/* Turn them on for this PE. */
void stage2_init_pe(void);
/* Change what the guest may do with a page of its RAM, on every PE. False: no memory for tables. */
bool stage2_protect(uint64_t ipa, enum stage2_access access);
/* Pages that tables of single pages have got for it, and keep. */
unsigned stage2_tables(void);
/* Let accesses to a page of device registers through, or trap them. */
bool stage2_device(uint64_t ipa, bool through);
/* Whether all of it is the guest's RAM. */
bool stage2_is_ram(uint64_t ipa, uint64_t size);

/*
 * A stage 2 that isn't the guest's, but confines EL0 when stage 1 is off. It has VMID asid + 1, and the same layout: VTCR_EL2 is
 * one for both.
 */
#define STAGE2_ROOT_LEVEL 1u
#define STAGE2_END (1UL << 39)
uint64_t stage2_attributes(bool writable, bool executable);
uint64_t stage2_device_attributes(void);
bool stage2_is_normal(uint64_t entry);
bool stage2_is_writable(uint64_t entry);
bool stage2_is_executable(uint64_t entry);
/* This PE's VTTBR_EL2 for it, and back to the guest's. */
void stage2_use(const uint64_t *other_root, unsigned asid);
void stage2_use_guest(void);
/* Forget what any PE has cached of it. */
void stage2_invalidate(const uint64_t *other_root, unsigned asid);

/* The page that EL0 of the guest reaches at `va` now, to read or to write it; 0: none. */
uint64_t stage2_of_el0(uint64_t va, bool write);

#endif
