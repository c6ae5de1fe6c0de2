#include "space.h"
#include "gicv3.h"
#include "layout.h"
#include "lock.h"
#include "log.h"
#include "pages.h"
#include "pe.h"
#include "stage1.h"
#include "stage2.h"
#include "table.h"

#define PATIENCE 100000000UL /* reads of a word */

static struct space spaces[MAX_SPACES];
static struct lock spaces_lock;

/* The level that its tables start at, and the end of what they can map. */
static unsigned root_level(const struct space *space)
{
    return space->by_stage2 ? STAGE2_ROOT_LEVEL : 0;
}

static uint64_t end_of(const struct space *space)
{
    return space->by_stage2 ? STAGE2_END : USER_END;
}

struct space *space_of(uint64_t owner)
{
    for (unsigned n = 0; owner && n < MAX_SPACES; n++)
        if (spaces[n].owner == owner)
            return &spaces[n];
    return 0;
}

unsigned spaces_count(void)
{
    unsigned count = 0;
    for (unsigned n = 0; n < MAX_SPACES; n++)
        count += spaces[n].owner != 0;
    return count;
}

static struct space *create(uint64_t owner, enum hyplet_mode mode, bool by_stage2)
{
    struct space *space = 0;
    lock(&spaces_lock);
    for (unsigned n = 0; n < MAX_SPACES && !space; n++)
        if (!spaces[n].owner)
            space = &spaces[n];
    uint64_t *root = space ? by_stage2 ? page_new() : stage1_new_root() : 0;
    if (root)
        *space = (struct space){
            .owner = owner,
            .mode = mode,
            .by_stage2 = by_stage2,
            .root = root,
            .asid = (unsigned)(space - spaces) + 1,
        };
    unlock(&spaces_lock);
    return root ? space : 0;
}

struct space *space_new(uint64_t owner, enum hyplet_mode mode)
{
    return create(owner, mode, mode == HYPLET_GUARDED && !vhe);
}

struct space *space_new_domain(uint64_t owner)
{
    return create(owner, HYPLET_GUARDED, true);
}

bool space_ending(const struct space *space)
{
    return __atomic_load_n(&space->ending, __ATOMIC_SEQ_CST);
}

bool space_use(struct space *space)
{
    struct pe *pe = this_pe();
    if (pe->space != space) {
        const bool empty = !space || space->by_stage2;
        stage1_use(empty ? 0 : space->root, empty ? 0 : space->asid);
        __atomic_store_n(&pe->space, space, __ATOMIC_SEQ_CST);
    }
    return !space || !space_ending(space);
}

/* One page, on every PE. */
static void invalidate(const struct space *space, uint64_t va)
{
    if (space->by_stage2) {
        stage2_invalidate(space->root, space->asid);
        return;
    }
    const uint64_t operand = (va >> 12 & 0xfffffffffffUL) | (vhe ? (uint64_t)space->asid << 48 : 0);
    asm volatile("dsb ishst\n\ttlbi vae2is, %0\n\tdsb ish\n\tisb" : : "r"(operand) : "memory");
}

/* All of the space's entries, of walks too; and what was fetched through them. */
static void invalidate_all(const struct space *space)
{
    if (space->by_stage2)
        stage2_invalidate(space->root, space->asid);
    else
        asm volatile("dsb ishst\n\ttlbi alle2is\n\tdsb ish" : : : "memory");
    if (space->executable)
        asm volatile("ic ialluis\n\tdsb ish" : : : "memory");
    isb();
}

static uint64_t normal_attributes(const struct space *space, unsigned permissions)
{
    if (space->by_stage2)
        return stage2_attributes(permissions & HYPLET_WRITE, permissions & HYPLET_EXECUTE);
    const bool guarded = space->mode == HYPLET_GUARDED;
    uint64_t attributes = MAP_NORMAL | (permissions & HYPLET_WRITE ? 0 : PTE_AP_READ_ONLY);
    if (!vhe)
        return attributes | PTE_AP_EL0 /* RES1 here */ | (permissions & HYPLET_EXECUTE ? 0 : PTE_UXN);
    attributes |= PTE_nG; /* the ASID's alone */
    if (guarded)
        return attributes | PTE_AP_EL0 | PTE_PXN | (permissions & HYPLET_EXECUTE ? 0 : PTE_UXN);
    return attributes | PTE_UXN | (permissions & HYPLET_EXECUTE ? 0 : PTE_PXN);
}

static bool map(struct space *space, uint64_t va, uint64_t pa, uint64_t attributes)
{
    const uint64_t *old = table_entry(space->root, root_level(space), va);
    if (old && (*old & PTE_VALID))
        space_unmap(space, va); /* break before make */
    if (!table_map(space->root, root_level(space), va, pa, PAGE_SIZE, attributes, false))
        return false;
    space->pages++;
    isb();
    return true;
}

bool space_map(struct space *space, uint64_t va, uint64_t pa, unsigned permissions)
{
    if (!map(space, va, pa, normal_attributes(space, permissions)))
        return false;
    if (permissions & HYPLET_EXECUTE) {
        space->executable = 1;
        asm volatile("ic ialluis\n\tdsb ish\n\tisb" : : : "memory"); /* what was fetched through this address before is another's */
    }
    return true;
}

bool space_map_device(struct space *space, uint64_t va, uint64_t pa)
{
    if (space->by_stage2)
        return map(space, va, pa, stage2_device_attributes());
    const uint64_t memory = normal_attributes(space, HYPLET_WRITE) & ~(PTE_TYPE(7UL) | PTE_SH_INNER);
    return map(space, va, pa, memory | PTE_TYPE(DEVICE_nGnRE));
}

static bool is_device(const struct space *space, uint64_t entry)
{
    return space->by_stage2 ? !stage2_is_normal(entry) : (entry >> 2 & 7) != NORMAL_WRITE_BACK;
}

static bool is_writable(const struct space *space, uint64_t entry)
{
    return space->by_stage2 ? stage2_is_writable(entry) : !(entry & PTE_AP_READ_ONLY);
}

static bool is_executable(const struct space *space, uint64_t entry)
{
    if (space->by_stage2)
        return stage2_is_executable(entry);
    return !(entry & PTE_UXN) || (vhe && !(entry & PTE_PXN));
}

bool space_unmap(struct space *space, uint64_t va)
{
    uint64_t *entry = table_entry(space->root, root_level(space), va);
    if (!entry || !(*entry & PTE_VALID))
        return false;
    const uint64_t old = *entry;
    *(volatile uint64_t *)entry = 0;
    invalidate(space, va);
    if (is_writable(space, old) && !is_device(space, old))
        cache_clean(virt(old & OUTPUT_ADDRESS), PAGE_SIZE);
    space->pages--;
    return true;
}

uint64_t space_page(const struct space *space, uint64_t va, unsigned permissions)
{
    const uint64_t *entry = va < end_of(space) ? table_entry(space->root, root_level(space), va) : 0;
    if (!entry || !(*entry & PTE_VALID) || is_device(space, *entry))
        return 0;
    if (((permissions & HYPLET_WRITE) && !is_writable(space, *entry)) || ((permissions & HYPLET_EXECUTE) && !is_executable(space, *entry)))
        return 0;
    return *entry & OUTPUT_ADDRESS;
}

/* The pages that `table` maps, cleaned where they were written. */
static void clean_table(const struct space *space, uint64_t *table, unsigned level)
{
    for (unsigned n = 0; n < ENTRIES; n++) {
        if (!(table[n] & PTE_VALID))
            continue;
        if (level < 3)
            clean_table(space, virt(table[n] & OUTPUT_ADDRESS), level + 1);
        else if (is_writable(space, table[n]) && !is_device(space, table[n]))
            cache_clean(virt(table[n] & OUTPUT_ADDRESS), PAGE_SIZE);
    }
}

void space_check(void)
{
    struct pe *pe = this_pe();
    if (pe->space && !pe->user && space_ending(pe->space))
        space_use(0);
}

/*
 * Until PE `n` neither runs in the space nor walks its tables. A classic hyplet that masks interrupts can't be ended: it is trusted
 * with that, too, and then the tables stay.
 */
static bool wait_for(unsigned n, const struct space *space)
{
    for (uint64_t turns = 0; __atomic_load_n(&pes[n].space, __ATOMIC_SEQ_CST) == space; turns++) {
        if (turns == PATIENCE)
            return false;
        space_check(); /* the other PE may wait for us in the same way */
    }
    return true;
}

static bool leave_everywhere(struct space *space)
{
    bool left = true;
    __atomic_store_n(&space->ending, 1, __ATOMIC_SEQ_CST);
    for (unsigned n = 0; n < pe_count; n++) {
        if (__atomic_load_n(&pes[n].space, __ATOMIC_SEQ_CST) == space && n != this_pe()->index)
            gicv3_kick(n);
        left = wait_for(n, space) && left;
    }
    return left;
}

void space_delete(struct space *space)
{
    if (!leave_everywhere(space)) {
        log("a hyplet of owner %lu doesn't let itself be ended", space->owner);
        return;
    }
    if (space->by_stage2)
        clean_table(space, space->root, STAGE2_ROOT_LEVEL);
    for (unsigned n = 0; !space->by_stage2 && n < USER_END >> 39; n++)
        if (space->root[n] & PTE_VALID)
            clean_table(space, virt(space->root[n] & OUTPUT_ADDRESS), 1);
    invalidate_all(space);
    if (space->by_stage2)
        table_free(space->root, STAGE2_ROOT_LEVEL);
    else
        stage1_free_root(space->root);
    *space = (struct space){0};
}
