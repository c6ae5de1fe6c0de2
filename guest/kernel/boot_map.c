#include "boot_map.h"
#include "layout.h"
#include "mmu.h"

#define ENTRIES 512
#define BLOCK 0x200000UL
#define GIGABYTE 0x40000000UL
#define BOOT_TABLE __attribute__((section(".boot_tables"), aligned(4096)))

extern char __text_start[], __text_end[], __rodata_end[], __tables_end[], stacks[];

/* The compiler reaches all of this by PC-relative addresses, which are physical until the MMU is on. */
uint64_t kernel_root[ENTRIES] BOOT_TABLE;
uint64_t boot_identity_root[ENTRIES] BOOT_TABLE;
uint64_t kernel_pa BOOT_TABLE;
static uint64_t identity_blocks[ENTRIES] BOOT_TABLE;
static uint64_t image_blocks[ENTRIES] BOOT_TABLE;
static uint64_t image_pages[ENTRIES] BOOT_TABLE;
static uint64_t tree_blocks[2][ENTRIES] BOOT_TABLE;

extern uint64_t boot_identity_root[ENTRIES];

static unsigned index_of(uint64_t va, unsigned level)
{
    return va >> (12 + 9 * (3 - level)) & (ENTRIES - 1);
}

static void clear(uint64_t *table)
{
    for (unsigned n = 0; n < ENTRIES; n++)
        table[n] = 0;
}

static void map_pages(const char *start, const char *end, uint64_t attributes)
{
    for (const char *page = start; page < end; page += PAGE_SIZE)
        image_pages[index_of((uint64_t)page - kernel_pa, 3)] = (uint64_t)page | attributes | PTE_VALID | PTE_PAGE;
}

static void map_image(void)
{
    kernel_pa = (uint64_t)__text_start;
    map_pages(__text_start, __text_end, MAP_CODE);
    map_pages(__text_end, __rodata_end, MAP_RODATA);
    map_pages(__rodata_end, __tables_end, MAP_DATA);
    for (unsigned pe = 0; pe < MAX_PES; pe++)
        map_pages(stacks + pe * STACK_STRIDE, stacks + pe * STACK_STRIDE + STACK_SIZE, MAP_DATA);
    image_blocks[0] = (uint64_t)image_pages | PTE_VALID | PTE_TABLE;
    kernel_root[index_of(KERNEL_VA, 1)] = (uint64_t)image_blocks | PTE_VALID | PTE_TABLE;
}

static void map_identity(void)
{
    const uint64_t block = kernel_pa & ~(BLOCK - 1);
    identity_blocks[index_of(block, 2)] = block | MAP_CODE | PTE_VALID;
    boot_identity_root[index_of(block, 1)] = (uint64_t)identity_blocks | PTE_VALID | PTE_TABLE;
}

/* A device tree has at most 2 MB, which two blocks cover wherever it starts. */
static void map_tree(uint64_t tree)
{
    for (unsigned n = 0; n < 2; n++) {
        const uint64_t pa = (tree & ~(BLOCK - 1)) + n * BLOCK;
        uint64_t *root_entry = &kernel_root[index_of(WINDOW_VA + pa, 1)];
        if (!*root_entry)
            *root_entry = (uint64_t)tree_blocks[n] | PTE_VALID | PTE_TABLE;
        uint64_t *blocks = n && pa % GIGABYTE ? tree_blocks[0] : tree_blocks[n];
        blocks[index_of(pa, 2)] = pa | MAP_RODATA | PTE_VALID;
    }
}

void boot_map(uint64_t device_tree)
{
    uint64_t *const tables[] = {kernel_root, boot_identity_root, identity_blocks, image_blocks, image_pages, tree_blocks[0], tree_blocks[1]};
    for (unsigned n = 0; n < sizeof tables / sizeof tables[0]; n++)
        clear(tables[n]);
    map_image();
    map_identity();
    map_tree(device_tree);
    dsb_sy();
}
