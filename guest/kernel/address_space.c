#include "address_space.h"
#include "memory.h"
#include "process.h"
#include "syscall.h"
#include "sysreg.h"
#include "thread.h"

#define ENTRIES 512
#define OUTPUT_ADDRESS 0x0000fffffffff000UL

void *memcpy(void *to, const void *from, unsigned long size);

/* For PEs without a process: nothing is mapped. */
static uint64_t no_root[ENTRIES] __attribute__((aligned(4096)));

int address_space_create(struct process *process)
{
    struct address_space *space = &process->space;
    *space = (struct address_space){.next_map = USER_MAP_START};
    space->root = page_allocate();
    return space->root ? 0 : ERROR_NO_MEMORY;
}

void address_space_use(struct pe *pe, struct process *process)
{
    if (pe->space == process)
        return;
    pe->space = process;
    write_sysreg(ttbr0_el1, process ? physical(process->space.root) | (uint64_t)process->asid << 48 : image_physical(no_root));
    isb();
}

static int is_memory(uint64_t entry)
{
    return (entry & PTE_TYPE(7)) == PTE_TYPE(NORMAL_WRITE_BACK);
}

static void free_tables(uint64_t *table, unsigned level)
{
    for (unsigned n = 0; n < ENTRIES; n++)
        if (table[n] & PTE_VALID) {
            void *below = window(table[n] & OUTPUT_ADDRESS);
            if (level < 3)
                free_tables(below, level + 1);
            else if (is_memory(table[n]))
                page_free(below);
        }
    page_free(table);
}

void address_space_destroy(struct process *process)
{
    if (!process->space.root)
        return;
    if (this_pe()->space == process)
        address_space_use(this_pe(), 0);
    asm volatile("dsb ishst\n\ttlbi aside1is, %0\n\tdsb ish\n\tisb" : : "r"((uint64_t)process->asid << 48) : "memory");
    free_tables(process->space.root, 1);
    process->space.root = 0;
}

/* The level 3 entry for this address; tables are made when `make`, and it is null when there is none. */
static uint64_t *entry_for(const struct process *process, uint64_t address, int make)
{
    uint64_t *table = process->space.root;
    for (unsigned level = 1; level < 3; level++) {
        uint64_t *entry = &table[address >> (12 + 9 * (3 - level)) & (ENTRIES - 1)];
        if (!*entry) {
            void *below = make ? page_allocate() : 0;
            if (!below)
                return 0;
            *entry = physical(below) | PTE_VALID | PTE_TABLE;
        }
        table = window(*entry & OUTPUT_ADDRESS);
    }
    return &table[address >> 12 & (ENTRIES - 1)];
}

static uint64_t attributes(unsigned access)
{
    const uint64_t common = MAP_NORMAL | PTE_AP_EL0 | PTE_nG | PTE_PXN | PTE_VALID | PTE_PAGE;
    if (access & REGION_DEVICE)
        return MAP_DEVICE | PTE_AP_EL0 | PTE_nG | PTE_VALID | PTE_PAGE;
    return common | (access & REGION_WRITE ? 0 : PTE_AP_READ_ONLY) | (access & REGION_EXECUTE ? 0 : PTE_UXN);
}

static void unmap(struct process *process, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at += PAGE_SIZE) {
        uint64_t *entry = entry_for(process, at, 0);
        if (!entry || !*entry)
            continue;
        const uint64_t old = *entry;
        *entry = 0;
        tlbi_vae1(at, process->asid);
        if (is_memory(old))
            page_free(window(old & OUTPUT_ADDRESS));
    }
}

/* `device`: its registers; 0 for zeroed pages. */
static int map(struct process *process, uint64_t start, uint64_t end, unsigned access, uint64_t device)
{
    for (uint64_t at = start; at < end; at += PAGE_SIZE) {
        uint64_t *entry = entry_for(process, at, 1);
        void *page = !entry ? 0 : device ? window(device) : page_allocate();
        if (!page) {
            unmap(process, start, at);
            return ERROR_NO_MEMORY;
        }
        *entry = physical(page) | attributes(access);
    }
    dsb_ish();
    isb();
    return 0;
}

static int overlaps(const struct process *process, uint64_t start, uint64_t end)
{
    for (unsigned n = 0; n < MAX_REGIONS; n++)
        if (start < process->space.regions[n].end && process->space.regions[n].start < end)
            return 1;
    return 0;
}

static int add(struct process *process, uint64_t start, uint64_t size, unsigned access, uint64_t device)
{
    if (start % PAGE_SIZE || size % PAGE_SIZE || !size || start >= USER_END || size > USER_END - start || !start
        || overlaps(process, start, start + size))
        return ERROR_INVALID;
    for (unsigned n = 0; n < MAX_REGIONS; n++) {
        struct region *region = &process->space.regions[n];
        if (region->end)
            continue;
        const int error = map(process, start, start + size, access, device);
        if (!error)
            *region = (struct region){start, start + size, access};
        return error;
    }
    return ERROR_FULL;
}

int region_add(struct process *process, uint64_t start, uint64_t size, unsigned access)
{
    return add(process, start, size, access, 0);
}

int region_add_device(struct process *process, uint64_t start, uint64_t pa)
{
    return add(process, start, PAGE_SIZE, REGION_WRITE | REGION_DEVICE, pa);
}

int region_remove(struct process *process, uint64_t start, uint64_t size)
{
    struct region *region = region_find(process, start);
    if (!region || region->start != start || region->end - start != size)
        return ERROR_INVALID;
    unmap(process, region->start, region->end);
    *region = (struct region){0};
    return 0;
}

struct region *region_find(struct process *process, uint64_t address)
{
    for (unsigned n = 0; n < MAX_REGIONS; n++) {
        struct region *region = &process->space.regions[n];
        if (address >= region->start && address < region->end)
            return region;
    }
    return 0;
}

void *user_page(const struct process *process, uint64_t address, int write)
{
    if (address >= USER_END)
        return 0;
    const uint64_t *entry = entry_for(process, address, 0);
    if (!entry || !(*entry & PTE_VALID) || !is_memory(*entry) || (write && (*entry & PTE_AP_READ_ONLY)))
        return 0;
    return window(*entry & OUTPUT_ADDRESS);
}

/* Of `size` bytes from `address`, those that lie in its page. */
static uint64_t in_page(uint64_t address, uint64_t size)
{
    const uint64_t rest = PAGE_SIZE - address % PAGE_SIZE;
    return size < rest ? size : rest;
}

int copy_in(const struct process *from, void *to, uint64_t address, uint64_t size)
{
    for (uint64_t part; size; size -= part, address += part, to = (char *)to + part) {
        const char *page = user_page(from, address, 0);
        if (!page)
            return ERROR_FAULT;
        part = in_page(address, size);
        memcpy(to, page + address % PAGE_SIZE, part);
    }
    return 0;
}

int copy_out(const struct process *to, uint64_t address, const void *from, uint64_t size)
{
    for (uint64_t part; size; size -= part, address += part, from = (const char *)from + part) {
        char *page = user_page(to, address, 1);
        if (!page)
            return ERROR_FAULT;
        part = in_page(address, size);
        memcpy(page + address % PAGE_SIZE, from, part);
    }
    return 0;
}

int copy_across(const struct process *to, uint64_t to_address, const struct process *from, uint64_t from_address, uint64_t size)
{
    for (uint64_t part; size; size -= part, to_address += part, from_address += part) {
        const char *page = user_page(from, from_address, 0);
        if (!page)
            return ERROR_FAULT;
        part = in_page(from_address, size);
        if (copy_out(to, to_address, page + from_address % PAGE_SIZE, part))
            return ERROR_FAULT;
    }
    return 0;
}

void load_bytes(const struct process *to, uint64_t address, const void *from, uint64_t size)
{
    for (uint64_t part; size; size -= part, address += part, from = (const char *)from + part) {
        char *page = user_page(to, address, 0);
        part = in_page(address, size);
        memcpy(page + address % PAGE_SIZE, from, part);
        for (uint64_t line = 0; line < PAGE_SIZE; line += 16) /* no line is smaller */
            asm volatile("dc cvau, %0" : : "r"(page + line) : "memory");
    }
}

void instructions_written(void)
{
    asm volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}
