/* Spinlocks. EL2 runs with interrupts masked, so a holder is never interrupted. */
#ifndef LOCK_H
#define LOCK_H
#include <stdint.h>

struct lock {
    uint32_t taken;
};

static inline void lock(struct lock *l)
{
    while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE))
        while (__atomic_load_n(&l->taken, __ATOMIC_RELAXED))
            ;
}

static inline void unlock(struct lock *l)
{
    __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

#endif
