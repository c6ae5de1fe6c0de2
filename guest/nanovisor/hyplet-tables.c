#include "hyplet-tables.h"
#include "gicv3.h"
#include "pe.h"

#define ALL_IRQS FIRST_SPECIAL /* the entry for HYPLET_ALL_IRQS */
#define PATHS 2

struct hyplet hyplets[MAX_PES][HYPLETS_PER_PE];
struct rpc rpcs[MAX_PES][RPCS_PER_PE];
static uint8_t bound[PATHS][MAX_PES][ALL_IRQS + 1]; /* number of the hyplet on that PE, and 1; 0: none */

struct hyplet *hyplet_on(struct space *space, unsigned pe)
{
    struct hyplet *fresh = 0;
    for (unsigned n = 0; n < HYPLETS_PER_PE; n++) {
        if (hyplets[pe][n].space == space)
            return &hyplets[pe][n];
        if (!hyplets[pe][n].space && !fresh)
            fresh = &hyplets[pe][n];
    }
    if (fresh)
        __atomic_store_n(&fresh->space, space, __ATOMIC_RELEASE);
    return fresh;
}

static uint8_t *binding(enum hyplet_path path, unsigned pe, uint64_t intid)
{
    if (intid == HYPLET_ALL_IRQS)
        intid = ALL_IRQS;
    return intid <= ALL_IRQS ? &bound[path - HYPLET_IMO][pe][intid] : 0;
}

struct hyplet *hyplet_bound(enum hyplet_path path, unsigned pe, uint32_t intid)
{
    const uint8_t *own = &bound[path - HYPLET_IMO][pe][0];
    const unsigned n = own[intid] ? own[intid] : own[ALL_IRQS];
    return n ? &hyplets[pe][n - 1] : 0;
}

bool hyplet_bind(struct hyplet *hyplet, enum hyplet_path path, unsigned pe, uint64_t intid)
{
    uint8_t *entry = binding(path, pe, intid);
    const uint8_t number = (uint8_t)(hyplet - hyplets[pe] + 1);
    if (!entry || (*entry && *entry != number))
        return false;
    __atomic_store_n(entry, number, __ATOMIC_RELEASE);
    return true;
}

bool hyplet_unbind(struct hyplet *hyplet, unsigned pe, uint64_t intid)
{
    bool found = false;
    for (unsigned path = HYPLET_IMO; path < HYPLET_IMO + PATHS; path++) {
        uint8_t *entry = binding(path, pe, intid);
        if (entry && *entry == hyplet - hyplets[pe] + 1) {
            *entry = 0;
            found = true;
        }
    }
    return found;
}

void hyplet_free(struct hyplet *hyplet)
{
    const unsigned pe = this_pe()->index;
    alarm_cancel(&hyplet->alarm);
    for (unsigned intid = 0; intid < ALL_IRQS; intid++)
        hyplet_unbind(hyplet, pe, intid);
    hyplet_unbind(hyplet, pe, HYPLET_ALL_IRQS);
    for (unsigned n = 0; n < RPCS_PER_PE; n++)
        if (rpcs[pe][n].hyplet == hyplet)
            rpcs[pe][n].hyplet = 0;
    struct space *space = hyplet->space;
    *hyplet = (struct hyplet){.space = space};
    __atomic_store_n(&hyplet->space, 0, __ATOMIC_RELEASE); /* last: its owner waits for it */
}

unsigned hyplet_bindings(void)
{
    unsigned count = 0;
    for (unsigned pe = 0; pe < pe_count; pe++) {
        for (unsigned n = 0; n <= ALL_IRQS; n++)
            count += (bound[0][pe][n] != 0) + (bound[1][pe][n] != 0);
        for (unsigned n = 0; n < RPCS_PER_PE; n++)
            count += rpcs[pe][n].hyplet != 0;
        for (unsigned n = 0; n < HYPLETS_PER_PE; n++)
            count += hyplets[pe][n].alarm.set;
    }
    return count;
}
