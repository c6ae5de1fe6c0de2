#include "stage1.h"
#include "el2.h"
#include "layout.h"
#include "pages.h"
#include "table.h"
#include "virt.h"

#define ROOT_LEVEL 0u
#define ROOT_SPAN (1UL << 39)
#define OUR_ENTRY (LINEAR_BASE / ROOT_SPAN)
#define TRAMPOLINE_ENTRY (TRAMPOLINE / ROOT_SPAN)
#define BLOCK_SIZE 0x200000UL

extern char __text_start[], __text_end[], __trampoline[], __rodata_end[], __stacks[], __image_end[];

bool vhe;
uint64_t stage1_root;
static uint64_t *own_root;

/* Without E2H there is one XN bit, and AP[1] is RES1. With it there are two privileges, as at EL1. */
static uint64_t never_executed(void)
{
    return vhe ? PTE_PXN | PTE_UXN : PTE_UXN;
}

static uint64_t ours(void)
{
    return vhe ? 0 : PTE_AP_EL0;
}

uint64_t stage1_data(void)
{
    return MAP_NORMAL | ours() | never_executed();
}

uint64_t stage1_rodata(void)
{
    return stage1_data() | PTE_AP_READ_ONLY;
}

uint64_t stage1_code(void)
{
    return MAP_NORMAL | ours() | PTE_AP_READ_ONLY | (vhe ? PTE_UXN : 0);
}

uint64_t stage1_device(void)
{
    return PTE_TYPE(DEVICE_nGnRE) | PTE_AF | ours() | never_executed();
}

static void map(uint64_t pa, uint64_t end, uint64_t attributes)
{
    table_map(virt(stage1_root), ROOT_LEVEL, LINEAR_BASE + pa, pa, end - pa, attributes, true);
}

static void map_stacks(void)
{
    for (uint64_t slot = phys(__stacks); slot < phys(__image_end); slot += STACK_SLOT)
        map(slot + STACK_SIZE, slot + STACK_SLOT, stage1_data());
}

/* The page that guarded code returns through: EL0 may execute it, and nobody anything else. */
static void map_trampoline(void)
{
    if (vhe)
        table_map(virt(stage1_root), ROOT_LEVEL, TRAMPOLINE, phys(__trampoline), PAGE_SIZE,
                  MAP_NORMAL | PTE_AP_READ_ONLY | PTE_AP_EL0 | PTE_PXN, false);
}

void stage1_build(uint64_t device_tree)
{
    const uint64_t tree = device_tree / BLOCK_SIZE * BLOCK_SIZE;
    stage1_root = phys(page_new());
    if (tree)
        map(tree, tree + 2 * BLOCK_SIZE, stage1_data()); /* it is at most 2 MB, and may straddle */
    map(RAM_BASE, RAM_BASE + IMAGE_OFFSET, stage1_data());
    map(phys(__text_start), phys(__text_end), stage1_code());
    map(phys(__text_end), phys(__rodata_end), stage1_rodata());
    map(phys(__rodata_end), phys(__stacks), stage1_data());
    map_stacks();
    map(phys(__image_end), POOL_END, stage1_data());
    map(VIRT_GICD_BASE, VIRT_UART_BASE + PAGE_SIZE, stage1_device());
    map_trampoline();

    uint64_t *root = virt(stage1_root);
    root[0] = root[OUR_ENTRY]; /* start.S turns the MMU on at physical addresses */
}

void stage1_finish(uint64_t ram_base, uint64_t ram_size)
{
    map(POOL_END, ram_base + ram_size, stage1_data());
    own_root = stage1_new_root();
}

void stage1_use(const uint64_t *root, unsigned asid)
{
    write_sysreg(ttbr0_el2, phys(root ? root : own_root) | (vhe ? (uint64_t)asid << 48 : 0));
    isb();
    if (!vhe) { /* this regime has no ASIDs: what is cached is the last one's */
        asm volatile("tlbi alle2\n\tdsb nsh\n\tisb" : : : "memory");
    }
}

uint64_t *stage1_new_root(void)
{
    const uint64_t *from = virt(stage1_root);
    uint64_t *root = page_new();
    if (!root)
        return 0;
    root[OUR_ENTRY] = from[OUR_ENTRY];
    root[TRAMPOLINE_ENTRY] = from[TRAMPOLINE_ENTRY];
    return root;
}

void stage1_free_root(uint64_t *root)
{
    root[OUR_ENTRY] = 0;
    root[TRAMPOLINE_ENTRY] = 0;
    table_free(root, ROOT_LEVEL);
}
