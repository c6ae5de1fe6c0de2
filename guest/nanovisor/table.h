/* Translation tables of 4 KB pages with four levels, or three for stage 2. */
#ifndef TABLE_H
#define TABLE_H
#include "mmu.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Map [va, va + size) to pa. `blocks`: use 2 MB where they fit. False when there are no pages left for tables; what was mapped by
 * then stays. An entry that a block had becomes a table with the same mapping, at once: not for tables that are in use.
 */
bool table_map(uint64_t *root, unsigned level, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes, bool blocks);
/* The last-level descriptor for va, or null where there is no table down to it. */
uint64_t *table_entry(uint64_t *root, unsigned level, uint64_t va);
/* The descriptor of the 2 MB that va lies in, or null where there is no table down to it. */
uint64_t *table_block(uint64_t *root, unsigned level, uint64_t va);
/* A table of pages that maps what that descriptor does. Null when there is no page for it. */
uint64_t *table_from_block(uint64_t entry);
/* Give back the tables below `table`, and itself. Pages that they map aren't touched. */
void table_free(uint64_t *table, unsigned level);

#define ENTRIES 512
#define OUTPUT_ADDRESS 0x0000fffffffff000UL

#endif
