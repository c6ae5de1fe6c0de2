/* Pages of RAM, and the kernel's own mappings. */
#ifndef MEMORY_H
#define MEMORY_H
#include "boot_map.h"
#include "layout.h"
#include "mmu.h"
#include <stdint.h>

/* A physical address through the window, and back. */
static inline void *window(uint64_t pa) { return (void *)(pa + WINDOW_VA); }
static inline uint64_t physical(const void *in_window) { return (uint64_t)in_window - WINDOW_VA; }
/* The physical address of something in the kernel's image. */
static inline uint64_t image_physical(const void *in_image) { return (uint64_t)in_image - KERNEL_VA + kernel_pa; }

/* Map RAM and the board's devices in the window, and hand out what is free in RAM from now on. */
void memory_init(void);
/* Map a device's registers, whole pages, in the window; their address there. */
void *memory_map_device(uint64_t pa, uint64_t size);
/* A page of zeros, in the window; null when there is none. */
void *page_allocate(void);
void page_free(void *page);
uint64_t pages_free(void);
/* Whether the page at `pa` is RAM of ours. */
int page_is_ram(uint64_t pa);

#endif
