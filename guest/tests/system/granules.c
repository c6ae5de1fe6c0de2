/*
 * Every translation granule that the core has, with several address sizes: start levels, short first tables, blocks, pages, the
 * contiguous hint, the level that faults report, and TBI.
 */
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "runtime.h"
#include "virt.h"

#define POOL_BYTES 0x100000UL
#define LARGEST_PAGE 0x10000UL
#define MARK(n) (0x5a5a000000000000UL | (n))

static uint8_t pool[POOL_BYTES] __attribute__((aligned(0x10000)));
static uint8_t memory[4 * LARGEST_PAGE] __attribute__((aligned(0x10000)));
static uint64_t pool_used;
static volatile uint64_t fault_esr, fault_far;

struct regime {
    unsigned page_shift, va_bits, start_level;
    uint64_t *root;
};

static void on_exception(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_DATA_ABORT)
        exceptions_die(frame);
    fault_esr = frame->esr;
    fault_far = frame->far;
    frame->elr += 4;
}

static uint64_t load(uint64_t va)
{
    uint64_t value = 0xdead;
    fault_esr = 0;
    asm volatile("ldr %0, [%1]" : "+r"(value) : "r"(va) : "memory");
    return value;
}

static uint64_t *new_table(unsigned page_shift)
{
    uint64_t *table = (uint64_t *)&pool[pool_used];
    pool_used += 1UL << page_shift;
    for (unsigned i = 0; i < (1U << page_shift) / 8; i++)
        table[i] = 0;
    return table;
}

static unsigned shift_of(const struct regime *r, unsigned level)
{
    return r->page_shift + (r->page_shift - 3) * (3 - level);
}

/* The entry for va at `level`, with tables made on the way down. */
static uint64_t *entry_for(const struct regime *r, uint64_t va, unsigned level)
{
    uint64_t *table = r->root;
    for (unsigned at = r->start_level;; at++) {
        uint64_t index = va >> shift_of(r, at);
        if (at != r->start_level)
            index &= (1UL << (r->page_shift - 3)) - 1;
        if (at == level)
            return &table[index];
        if (!(table[index] & PTE_VALID))
            table[index] = (uint64_t)new_table(r->page_shift) | PTE_TABLE | PTE_VALID;
        table = (uint64_t *)(table[index] & 0x0000fffffffff000UL);
    }
}

static void map(const struct regime *r, uint64_t va, uint64_t pa, unsigned level, uint64_t attributes)
{
    *entry_for(r, va, level) = pa | attributes | PTE_VALID | (level == 3 ? PTE_PAGE : 0);
}

/* Memory isn't touched between the two writes of SCTLR_EL1: the two regimes see it with different attributes. */
static void switch_to(uint64_t tcr, const void *root)
{
    const uint64_t sctlr = read_sysreg(sctlr_el1);
    asm volatile("dsb sy\n\tmsr sctlr_el1, %0\n\tisb\n\tmsr tcr_el1, %1\n\tmsr ttbr0_el1, %2\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb\n\t"
                 "msr sctlr_el1, %3\n\tisb"
                 :
                 : "r"(sctlr & ~SCTLR_M), "r"(tcr), "r"(root), "r"(sctlr)
                 : "memory");
}

/* Device memory and the first 64 MB of RAM at their own addresses, with the largest blocks that the granule has at level 2. */
static void map_identity(const struct regime *r)
{
    const uint64_t block = 1UL << shift_of(r, 2);
    for (uint64_t at = VIRT_GICD_BASE & ~(block - 1); at < VIRT_UART_BASE + 0x1000; at += block)
        map(r, at, at, 2, MAP_DEVICE);
    for (uint64_t at = VIRT_RAM_BASE; at < VIRT_RAM_BASE + 0x4000000; at += block)
        map(r, at, at, 2, MAP_NORMAL | PTE_UXN);
}

static void report(const char *what, uint64_t va)
{
    const uint64_t value = load(va);
    if (fault_esr)
        print("  %-28s ESR %08lx FAR %lx\n", what, fault_esr, fault_far);
    else
        print("  %-28s %lx\n", what, value);
}

static void try_regime(unsigned page_shift, unsigned va_bits, uint64_t granule)
{
    const uint64_t saved_tcr = read_sysreg(tcr_el1), saved_root = read_sysreg(ttbr0_el1);
    const unsigned levels = (va_bits - page_shift + page_shift - 4) / (page_shift - 3);
    struct regime r = {page_shift, va_bits, 4 - levels, 0};
    const uint64_t page = 1UL << page_shift;
    /* In the first gigabyte, above all devices used here: free in every size of address space. */
    const uint64_t window = 0x20000000;
    const unsigned contiguous = page_shift == 12 ? 16 : page_shift == 14 ? 128 : 32;

    pool_used = 0;
    r.root = new_table(page_shift);
    map_identity(&r);
    map(&r, window, (uint64_t)memory, 3, MAP_DATA);
    map(&r, window + page, (uint64_t)memory + LARGEST_PAGE, 3, MAP_DATA);
    map(&r, window + 3 * page, (uint64_t)memory, 3, MAP_DATA & ~PTE_AF);
    map(&r, window + 4 * page, (uint64_t)memory, 3, MAP_RODATA);
    /* A naturally aligned run of entries with the contiguous hint, over the image's own memory. */
    const uint64_t run = contiguous * page, run_pa = ((uint64_t)pool + run - 1) & ~(run - 1);
    const uint64_t run_va = window + (run > 8 * page ? run : 8 * page);
    for (unsigned i = 0; i < contiguous; i++)
        map(&r, run_va + i * page, run_pa + i * page, 3, MAP_DATA | PTE_CONTIGUOUS);
    dsb_sy();

    print("%luK granule, %u-bit addresses: start level %u\n", page / 1024, va_bits, r.start_level);
    switch_to((saved_tcr & ~(0x3fUL | 3UL << 14)) | TCR_T0SZ((uint64_t)va_bits) | granule << 14, r.root);
    report("page", window + 0x18);
    report("next page", window + page + 0x18);
    report("last word of the page", window + page - 8);
    report("hole at level 3", window + 2 * page);
    report("access flag", window + 3 * page);
    report("read-only page", window + 4 * page + 0x18);
    report("hole at level 2", 0x60000000);
    if (va_bits > 36)
        report("hole at the start level", 1UL << (va_bits - 1));
    if (va_bits < 48)
        report("beyond the address space", 1UL << va_bits);
    report("block", (uint64_t)memory + 0x18);
    unsigned wrong = 0;
    for (unsigned i = 0; i < contiguous; i++)
        wrong += load(run_va + i * page + 0x20) != *(volatile uint64_t *)(run_pa + i * page + 0x20) || fault_esr;
    print("  contiguous run of %u pages: %u wrong\n", contiguous, wrong);
    switch_to(read_sysreg(tcr_el1) | TCR_TBI0, r.root);
    report("TBI: tagged address", 0xa500000000000000UL | (window + 0x18));
    switch_to(saved_tcr, (const void *)saved_root);
}

int main(void)
{
    const uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);
    exceptions_handle_with(on_exception);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t *at = (uint64_t *)&memory[i * LARGEST_PAGE];
        for (unsigned n = 0; n < LARGEST_PAGE / 8; n++)
            at[n] = MARK((uint64_t)i << 32 | n);
    }
    static const uint8_t sizes_4k[] = {48, 44, 39, 36, 33, 31}, sizes_16k[] = {48, 47, 40, 36, 31}, sizes_64k[] = {48, 42, 40, 36, 31};
    for (unsigned i = 0; i < sizeof sizes_4k; i++)
        try_regime(12, sizes_4k[i], 0);
    for (unsigned i = 0; field(mmfr0, 23, 20) && i < sizeof sizes_16k; i++)
        try_regime(14, sizes_16k[i], 2);
    for (unsigned i = 0; !field(mmfr0, 27, 24) && i < sizeof sizes_64k; i++)
        try_regime(16, sizes_64k[i], 1);
    return 0;
}
