/* A process's memory: its tables in TTBR0_EL1 and the regions that it knows of. */
#ifndef ADDRESS_SPACE_H
#define ADDRESS_SPACE_H
#include <stdint.h>

struct pe;
struct process;

#define REGION_WRITE 1
#define REGION_EXECUTE 2
#define REGION_DEVICE 4 /* a page of registers: nobody copies from or to it, and it isn't given back */
#define MAX_REGIONS 64

struct region {
    uint64_t start, end; /* whole pages; end 0: unused */
    unsigned access;     /* REGION_ bits; readable always, never both */
};

struct address_space {
    uint64_t *root; /* in the window; null: none */
    uint64_t next_map;
    struct region regions[MAX_REGIONS];
};

/* 0, or a negative error. */
int address_space_create(struct process *process);
/* Give everything back. No PE goes on using the tables. */
void address_space_destroy(struct process *process);
/* Load the process's tables and ASID on this PE; null: tables without entries. */
void address_space_use(struct pe *pe, struct process *process);

/* A new region of zeroed pages. 0, or a negative error; then there is nothing of it. */
int region_add(struct process *process, uint64_t start, uint64_t size, unsigned access);
/* A region of one page, which is a device's registers at `pa`. */
int region_add_device(struct process *process, uint64_t start, uint64_t pa);
/* Exactly a region that region_add() made. */
int region_remove(struct process *process, uint64_t start, uint64_t size);
struct region *region_find(struct process *process, uint64_t address);
/* The page of memory that holds `address`, through the window; null when EL0 may not read it, or not write it when `write`. */
void *user_page(const struct process *process, uint64_t address, int write);
/* Between a process and the kernel: 0 or ERROR_FAULT, then some of it may have been copied. */
int copy_in(const struct process *from, void *to, uint64_t address, uint64_t size);
int copy_out(const struct process *to, uint64_t address, const void *from, uint64_t size);
/* Between processes. */
int copy_across(const struct process *to, uint64_t to_address, const struct process *from, uint64_t from_address, uint64_t size);
/* Write bytes wherever they are mapped: for a program's read-only segments. Memory must be mapped. */
void load_bytes(const struct process *to, uint64_t address, const void *from, uint64_t size);
/* Instructions were written through the window. */
void instructions_written(void);

#endif
