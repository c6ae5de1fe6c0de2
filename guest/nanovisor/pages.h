/* Pages of the nanovisor's own: for translation tables and what else comes in pages. */
#ifndef PAGES_H
#define PAGES_H
#include <stdint.h>

#define PAGE_SIZE 4096UL

/* A zeroed page, or null. Works before the MMU is on. */
void *page_new(void);
void page_free(void *page);
/* How many page_new() could still give. */
uint64_t pages_available(void);

/* Where `pa` is for us, and back. Before the MMU is on they are the same. */
void *virt(uint64_t pa);
uint64_t phys(const volatile void *va);

/* What was written reaches memory, for who looks at it without caches, or fetches instructions from it. */
void cache_clean(const void *start, uint64_t size);

#endif
