#include "memory.h"
#include "board.h"
#include "panic.h"

#define ENTRIES 512
#define BLOCK 0x200000UL
#define OUTPUT_ADDRESS 0x0000fffffffff000UL
#define POOL_TABLES 24

extern char __rodata_end[], __image_end[];

struct free_page {
    struct free_page *next;
};

static uint64_t pool[POOL_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned pool_used;
static struct free_page *free_list;
static uint64_t untouched; /* RAM from here to its end has not been handed out yet */
static uint64_t free_count;

/* Kernel tables are all in the image: the window isn't there yet when the first are made. */
static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)((entry & OUTPUT_ADDRESS) - kernel_pa + KERNEL_VA);
}

static uint64_t *table_below(uint64_t *entry)
{
    if ((*entry & PTE_VALID) && (*entry & PTE_TABLE))
        return table_at(*entry);
    if (pool_used == POOL_TABLES)
        panic("no more tables for the kernel's own mappings");
    if (*entry) { /* a block becomes a table: break before make (Arm ARM D8.14) */
        *entry = 0;
        tlbi_vmalle1();
    }
    uint64_t *table = pool[pool_used++];
    *entry = image_physical(table) | PTE_VALID | PTE_TABLE;
    return table;
}

static void map_window(uint64_t pa, uint64_t size, uint64_t attributes)
{
    while (size) {
        const uint64_t va = WINDOW_VA + pa;
        uint64_t *block = &table_below(&kernel_root[va >> 30 & (ENTRIES - 1)])[va >> 21 & (ENTRIES - 1)];
        uint64_t part = PAGE_SIZE;
        if (pa % BLOCK == 0 && size >= BLOCK && !((*block & PTE_VALID) && (*block & PTE_TABLE))) {
            *block = pa | attributes | PTE_VALID;
            part = BLOCK;
        } else {
            table_below(block)[va >> 12 & (ENTRIES - 1)] = pa | attributes | PTE_VALID | PTE_PAGE;
        }
        pa += part;
        size -= part;
    }
}

void *memory_map_device(uint64_t pa, uint64_t size)
{
    map_window(pa & ~(PAGE_SIZE - 1), size, MAP_DEVICE);
    dsb_ish();
    isb();
    return window(pa);
}

/* The image's code and constants stay read-only through the window too. */
static void map_ram(void)
{
    const uint64_t constants_end = image_physical(__rodata_end);
    const uint64_t end = board.ram + board.ram_size;
    map_window(board.ram, kernel_pa - board.ram, MAP_DATA);
    map_window(kernel_pa, constants_end - kernel_pa, MAP_RODATA);
    map_window(constants_end, end - constants_end, MAP_DATA);
    tlbi_vmalle1();
}

struct range {
    uint64_t start, end;
};

/* Of RAM that is in use from the start, the range that holds `pa`, or an empty one. */
static struct range reserved(uint64_t pa)
{
    const struct range ranges[] = {
        {kernel_pa, image_physical(__image_end)},
        {board.tree, board.tree + board.tree_size},
        {board.initrd, board.initrd_end},
    };
    for (unsigned n = 0; n < sizeof ranges / sizeof ranges[0]; n++)
        if (pa + PAGE_SIZE > ranges[n].start && pa < ranges[n].end)
            return ranges[n];
    return (struct range){0, 0};
}

/* Move `untouched` past what is in use; 0 at RAM's end. */
static int find_untouched(void)
{
    for (;;) {
        if (untouched + PAGE_SIZE > board.ram + board.ram_size)
            return 0;
        const struct range used = reserved(untouched);
        if (!used.end)
            return 1;
        untouched = (used.end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    }
}

static uint64_t count_free(void)
{
    uint64_t count = 0;
    for (untouched = board.ram; find_untouched(); untouched += PAGE_SIZE)
        count++;
    untouched = board.ram;
    return count;
}

void memory_init(void)
{
    if (board.ram_size == 0 || board.ram > kernel_pa || kernel_pa >= board.ram + board.ram_size)
        panic("the device tree's memory node doesn't hold the kernel");
    if (board.ram + board.ram_size > WINDOW_SIZE)
        board.ram_size = WINDOW_SIZE - board.ram;
    map_ram();
    free_count = count_free();
}

static void *take_page(void)
{
    if (free_list) {
        void *page = free_list;
        free_list = free_list->next;
        return page;
    }
    if (!find_untouched())
        return 0;
    void *page = window(untouched);
    untouched += PAGE_SIZE;
    return page;
}

void *page_allocate(void)
{
    uint64_t *page = take_page();
    if (!page)
        return 0;
    free_count--;
    for (unsigned n = 0; n < PAGE_SIZE / sizeof *page; n++)
        page[n] = 0;
    return page;
}

void page_free(void *page)
{
    struct free_page *free_page = page;
    free_page->next = free_list;
    free_list = free_page;
    free_count++;
}

uint64_t pages_free(void)
{
    return free_count;
}

int page_is_ram(uint64_t pa)
{
    return pa >= board.ram && pa < board.ram + board.ram_size;
}
