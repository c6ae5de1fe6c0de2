#include "pages.h"
#include "el2.h"
#include "layout.h"
#include "lock.h"

extern char __image_end[];

/* Nothing here may be a pointer: the first pages are handed out before the MMU is on, and used after it is. */
static uint64_t fresh;      /* physical address above which no page was ever used; 0: not started */
static uint64_t first_free; /* a list through the pages' first words */
static uint64_t free_count;
static struct lock pages_lock;

static int translating(void)
{
    return (read_sysreg(sctlr_el2) & SCTLR_M) != 0;
}

void *virt(uint64_t pa)
{
    return (void *)(translating() ? pa + LINEAR_BASE : pa);
}

uint64_t phys(const volatile void *va)
{
    return (uint64_t)va & ~LINEAR_BASE;
}

static void zero(uint64_t *page)
{
    for (unsigned i = 0; i < PAGE_SIZE / sizeof *page; i++)
        page[i] = 0;
}

static uint64_t take(void)
{
    if (!fresh)
        fresh = phys(__image_end);
    if (first_free) {
        const uint64_t pa = first_free;
        first_free = *(uint64_t *)virt(pa);
        free_count--;
        return pa;
    }
    if (fresh == POOL_END)
        return 0;
    fresh += PAGE_SIZE;
    return fresh - PAGE_SIZE;
}

void *page_new(void)
{
    const int locked = translating(); /* exclusives need memory that is cacheable */
    if (locked)
        lock(&pages_lock);
    const uint64_t pa = take();
    if (locked)
        unlock(&pages_lock);
    if (!pa)
        return 0;
    zero(virt(pa));
    return virt(pa);
}

void page_free(void *page)
{
    lock(&pages_lock);
    *(uint64_t *)page = first_free;
    first_free = phys(page);
    free_count++;
    unlock(&pages_lock);
}

uint64_t pages_available(void)
{
    return free_count + (POOL_END - fresh) / PAGE_SIZE;
}

void cache_clean(const void *start, uint64_t size)
{
    const uint64_t line = 4UL << field(read_sysreg(ctr_el0), 19, 16);
    for (uint64_t at = (uint64_t)start & ~(line - 1); at < (uint64_t)start + size; at += line)
        asm volatile("dc cvac, %0" : : "r"(at) : "memory");
    dsb_sy();
}
