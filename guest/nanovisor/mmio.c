#include "mmio.h"
#include "el2.h"
#include "lock.h"
#include "trap.h"

#define MAX_REGIONS 16
#define ISS_ISV BIT(24)
#define ISS_SAS(esr) ((esr) >> 22 & 3)
#define ISS_SSE BIT(21)
#define ISS_SRT(esr) ((esr) >> 16 & 31)
#define ISS_SF BIT(15)

static struct region {
    uint64_t base, size;
    mmio_handler *handler;
    void *context;
} regions[MAX_REGIONS];
static unsigned region_count;
static struct lock regions_lock;

bool mmio_register(uint64_t base, uint64_t size, mmio_handler *handler, void *context)
{
    lock(&regions_lock);
    const bool fits = region_count < MAX_REGIONS;
    if (fits)
        regions[region_count++] = (struct region){base, size, handler, context};
    unlock(&regions_lock);
    return fits;
}

void mmio_unregister(uint64_t base)
{
    lock(&regions_lock);
    for (unsigned n = region_count; n-- > 0;)
        if (regions[n].base == base) {
            for (region_count--; n < region_count; n++)
                regions[n] = regions[n + 1];
            break;
        }
    unlock(&regions_lock);
}

/* A copy, so that the handler runs without the lock. */
static bool find(uint64_t address, unsigned size, struct region *found)
{
    bool hit = false;
    lock(&regions_lock);
    for (unsigned n = region_count; n-- > 0 && !hit;)
        if (address - regions[n].base < regions[n].size && regions[n].size - (address - regions[n].base) >= size) {
            *found = regions[n];
            hit = true;
        }
    unlock(&regions_lock);
    return hit;
}

/* What a load leaves in its register: sign- or zero-extended to 32 or 64 bits. */
static uint64_t loaded(uint64_t esr, const struct mmio_access *access)
{
    const unsigned unused = 64 - 8 * access->size;
    uint64_t value = access->value << unused;
    value = esr & ISS_SSE ? (uint64_t)((int64_t)value >> unused) : value >> unused;
    return esr & ISS_SF ? value : (uint32_t)value;
}

bool mmio_serve(struct frame *frame, uint64_t esr, uint64_t address)
{
    struct region region;
    const unsigned rt = (unsigned)ISS_SRT(esr);
    struct mmio_access access = {.address = address, .size = 1u << ISS_SAS(esr), .write = (esr & ESR_ABORT_WNR) != 0};
    if (!(esr & ISS_ISV) || !find(address, access.size, &region))
        return false;
    if (access.write && rt != 31)
        access.value = frame->x[rt] & (~0UL >> (64 - 8 * access.size));
    if (!region.handler(region.context, &access))
        return false;
    if (!access.write && rt != 31)
        frame->x[rt] = loaded(esr, &access);
    trap_skip(frame);
    return true;
}
