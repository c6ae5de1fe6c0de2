/* Which hyplets there are on each PE, and what they are bound to. */
#ifndef HYPLET_TABLES_H
#define HYPLET_TABLES_H
#include "hyplet.h"
#include "hyplets.h"
#include "virt.h"

struct rpc {
    uint64_t identifier, function;
    struct hyplet *hyplet; /* null: free */
};

extern struct hyplet hyplets[MAX_PES][HYPLETS_PER_PE];
extern struct rpc rpcs[MAX_PES][RPCS_PER_PE];

/* The hyplet of this owner on PE `pe`, made if it isn't there; null when the table is full. */
struct hyplet *hyplet_on(struct space *space, unsigned pe);
/* The one that INTID, or HYPLET_ALL_IRQS, is bound to, or null. */
struct hyplet *hyplet_bound(enum hyplet_path path, unsigned pe, uint32_t intid);
/* False: it is another's already, or there is no such INTID. */
bool hyplet_bind(struct hyplet *hyplet, enum hyplet_path path, unsigned pe, uint64_t intid);
bool hyplet_unbind(struct hyplet *hyplet, unsigned pe, uint64_t intid);
/* On its own PE: drop all that it is bound to, and free it. */
void hyplet_free(struct hyplet *hyplet);
/* INTIDs and RPCs bound, timers set, on all PEs. */
unsigned hyplet_bindings(void);

#endif
