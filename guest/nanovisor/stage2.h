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
/* Let accesses to a page of device registers through, or trap them. */
bool stage2_device(uint64_t ipa, bool through);
/* Whether all of it is the guest's RAM. */
bool stage2_is_ram(uint64_t ipa, uint64_t size);

#endif
