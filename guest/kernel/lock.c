#include "lock.h"
#include <stdint.h>

/* A ticket lock, so that PEs get it in the order in which they ask. */
static uint32_t next_ticket, now_serving;

void lock(void)
{
    const uint32_t ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) != ticket)
        asm volatile("wfe" : : : "memory");
}

void unlock(void)
{
    __atomic_store_n(&now_serving, now_serving + 1, __ATOMIC_RELEASE);
    asm volatile("dsb ishst\n\tsev" : : : "memory");
}
