#include "stage2.h"
#include "el2.h"
#include "layout.h"
#include "nanovisor.h"
#include "pages.h"
#include "table.h"
#include "virt.h"

#define ROOT_LEVEL STAGE2_ROOT_LEVEL
#define IPA_BITS 39UL
#define VMID 1UL

/* VTCR_EL2 */
#define VTCR_T0SZ(bits) (64UL - (bits))
#define VTCR_SL0_LEVEL_1 (1UL << 6)
#define VTCR_PS(parange) ((parange) << 16)
#define VTCR_RES1 BIT(31)

/* Stage-2 descriptors (Arm ARM D8.3). */
#define S2_MEMATTR_NORMAL (0xfUL << 2)
#define S2_MEMATTR_DEVICE_nGnRE (0x1UL << 2)
#define S2AP_READ (1UL << 6)
#define S2AP_WRITE (2UL << 6)
#define S2_XN (2UL << 53)
#define S2_RAM (S2_MEMATTR_NORMAL | PTE_SH_INNER | PTE_AF)
#define S2_DEVICE (S2_MEMATTR_DEVICE_nGnRE | PTE_AF | S2AP_READ | S2AP_WRITE | S2_XN)

/* The PL011, PL031 and PL061: no DMA in any of them. */
#define RTC_BASE 0x09010000UL
#define GPIO_BASE 0x09030000UL

#define PAR_F BIT(0)

static uint64_t *root;
static unsigned table_count; /* that blocks have become */

static uint64_t ram_attributes(enum stage2_access access)
{
    return S2_RAM | (access >= STAGE2_READ ? S2AP_READ : 0) | (access == STAGE2_ALL ? S2AP_WRITE : 0);
}

bool stage2_device(uint64_t ipa, bool through)
{
    if (!table_map(root, ROOT_LEVEL, ipa, ipa, PAGE_SIZE, S2_DEVICE, false))
        return false;
    if (!through)
        *table_entry(root, ROOT_LEVEL, ipa) = 0;
    asm volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
    return true;
}

bool stage2_init(void)
{
    root = page_new();
    return root && table_map(root, ROOT_LEVEL, NV_GUEST_RAM, NV_GUEST_RAM, NV_GUEST_RAM_SIZE, ram_attributes(STAGE2_ALL), true)
           && stage2_device(VIRT_UART_BASE, true) && stage2_device(RTC_BASE, true) && stage2_device(GPIO_BASE, true);
}

uint64_t stage2_attributes(bool writable, bool executable)
{
    return S2_RAM | S2AP_READ | (writable ? S2AP_WRITE : 0) | (executable ? 0 : S2_XN);
}

uint64_t stage2_device_attributes(void)
{
    return S2_DEVICE;
}

bool stage2_is_normal(uint64_t entry)
{
    return (entry & S2_MEMATTR_NORMAL) == S2_MEMATTR_NORMAL;
}

bool stage2_is_writable(uint64_t entry)
{
    return (entry & S2AP_WRITE) != 0;
}

bool stage2_is_executable(uint64_t entry)
{
    return !(entry & S2_XN);
}

void stage2_use(const uint64_t *other_root, unsigned asid)
{
    write_sysreg(vttbr_el2, phys(other_root) | (VMID + asid) << 48);
    isb();
}

void stage2_use_guest(void)
{
    write_sysreg(vttbr_el2, phys(root) | VMID << 48);
    isb();
}

/* TLBI goes by the VMID that this PE has. */
void stage2_invalidate(const uint64_t *other_root, unsigned asid)
{
    const uint64_t now = read_sysreg(vttbr_el2);
    stage2_use(other_root, asid);
    asm volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
    write_sysreg(vttbr_el2, now);
    isb();
}

void stage2_init_pe(void)
{
    uint64_t parange = field(read_sysreg(id_aa64mmfr0_el1), 3, 0);
    if (parange > 5)
        parange = 5; /* 48 bits: more need another granule or FEAT_LPA2 */
    write_sysreg(vtcr_el2, VTCR_RES1 | VTCR_T0SZ(IPA_BITS)
                               | VTCR_SL0_LEVEL_1
                               | TCR_IRGN0_WBWA /* the same fields as TCR_ELx's */
                               | TCR_ORGN0_WBWA
                               | TCR_SH0_INNER
                               | TCR_TG0_4K
                               | VTCR_PS(parange));
    stage2_use_guest();
    asm volatile("tlbi vmalls12e1\n\tdsb nsh\n\tisb" : : : "memory");
}

/* By address: the stage-2 entry, and whatever combined stage 1 with it. */
static void invalidate(uint64_t ipa)
{
    asm volatile("dsb ishst\n\ttlbi ipas2e1is, %0\n\tdsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : "r"(ipa >> 12) : "memory");
}

/* Break before make: who comes meanwhile gets a translation fault, and tries again (trap.c). */
static bool split(uint64_t ipa)
{
    uint64_t *block = table_block(root, ROOT_LEVEL, ipa);
    uint64_t *table = table_from_block(*block);
    if (!table)
        return false;
    *(volatile uint64_t *)block = 0;
    invalidate(ipa);
    *(volatile uint64_t *)block = phys(table) | PTE_VALID | PTE_TABLE;
    dsb_ish();
    table_count++;
    return true;
}

unsigned stage2_tables(void)
{
    return table_count;
}

bool stage2_protect(uint64_t ipa, enum stage2_access access)
{
    if (!table_entry(root, ROOT_LEVEL, ipa) && !split(ipa))
        return false;
    volatile uint64_t *entry = table_entry(root, ROOT_LEVEL, ipa);
    *entry = ipa | ram_attributes(access) | PTE_VALID | PTE_PAGE; /* permissions alone change: no break before make */
    invalidate(ipa);
    return true;
}

bool stage2_is_ram(uint64_t ipa, uint64_t size)
{
    return ipa >= NV_GUEST_RAM && ipa - NV_GUEST_RAM <= NV_GUEST_RAM_SIZE && size <= NV_GUEST_RAM_SIZE - (ipa - NV_GUEST_RAM);
}

uint64_t stage2_of_el0(uint64_t va, bool write)
{
    const uint64_t guest_par = read_sysreg(par_el1);
    if (write)
        asm volatile("at s12e0w, %0\n\tisb" : : "r"(va) : "memory");
    else
        asm volatile("at s12e0r, %0\n\tisb" : : "r"(va) : "memory");
    const uint64_t par = read_sysreg(par_el1);
    write_sysreg(par_el1, guest_par);
    return par & PAR_F ? 0 : par & OUTPUT_ADDRESS;
}
