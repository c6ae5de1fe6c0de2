#include "watch.h"
#include "lock.h"
#include "log.h"
#include "nanovisor.h"
#include "pages.h"
#include "stage2.h"
#include "trap.h"
#include <stddef.h>

#define PAGE_COUNT (NV_GUEST_RAM_SIZE / PAGE_SIZE)

void *memcpy(void *restrict to, const void *restrict from, size_t size);

static uint8_t watched[PAGE_COUNT];  /* enum nv_watch */
static uint64_t copies[PAGE_COUNT];  /* physical addresses of the pages that NV_WATCH_ACQUIRE made; 0: none */
static uint64_t touches, last_address, last_pc, closed;
static struct lock watch_lock;

static uint64_t page_number(uint64_t ipa)
{
    return (ipa - NV_GUEST_RAM) / PAGE_SIZE;
}

static void open_page(uint64_t ipa)
{
    watched[page_number(ipa)] = NV_WATCH_OPEN;
    closed--;
    stage2_protect(ipa, STAGE2_ALL);
}

static void drop_copy(uint64_t ipa)
{
    uint64_t *copy = &copies[page_number(ipa)];
    if (*copy)
        page_free(virt(*copy));
    *copy = 0;
}

/* The page as it is: nobody could write to it since it was closed. */
static void acquire(uint64_t ipa)
{
    void *copy = page_new();
    if (!copy) {
        log("no page to acquire %lx into", ipa);
        return;
    }
    memcpy(copy, virt(ipa), PAGE_SIZE);
    drop_copy(ipa);
    copies[page_number(ipa)] = phys(copy);
}

bool watch_touched(const struct frame *frame, uint64_t ipa)
{
    if (!stage2_is_ram(ipa, 1))
        return false;
    const uint64_t page = ipa & ~(PAGE_SIZE - 1);
    lock(&watch_lock);
    const enum nv_watch kind = watched[page_number(page)];
    if (kind != NV_WATCH_OPEN) {
        touches++;
        last_address = ipa;
        last_pc = frame->elr;
        if (kind == NV_WATCH_ACQUIRE)
            acquire(page);
        open_page(page);
    }
    unlock(&watch_lock);
    if (kind == NV_WATCH_HONEYPOT)
        log("honeypot: %lx was touched", ipa);
    return true; /* or another PE has opened it since */
}

static int64_t watch(uint64_t ipa, uint64_t size, uint64_t kind)
{
    if (ipa % PAGE_SIZE || size % PAGE_SIZE || !stage2_is_ram(ipa, size) || kind > NV_WATCH_ACQUIRE)
        return NV_EINVAL;
    int64_t result = NV_OK;
    lock(&watch_lock);
    for (uint64_t at = ipa; at < ipa + size && result == NV_OK; at += PAGE_SIZE) {
        const bool was_closed = watched[page_number(at)] != NV_WATCH_OPEN;
        if (kind == NV_WATCH_OPEN) {
            drop_copy(at);
            if (was_closed)
                open_page(at);
        } else if (stage2_protect(at, STAGE2_NONE)) {
            watched[page_number(at)] = (uint8_t)kind;
            closed += !was_closed;
        } else {
            result = NV_ENOMEM;
        }
    }
    unlock(&watch_lock);
    return result;
}

static int64_t fetch(uint64_t ipa, uint64_t to)
{
    if (ipa % PAGE_SIZE || to % PAGE_SIZE || !stage2_is_ram(ipa, PAGE_SIZE) || !stage2_is_ram(to, PAGE_SIZE))
        return NV_EINVAL;
    int64_t result = NV_ENOENT;
    lock(&watch_lock);
    uint64_t *copy = &copies[page_number(ipa)];
    if (*copy) {
        memcpy(virt(to), virt(*copy), PAGE_SIZE);
        drop_copy(ipa);
        result = NV_OK;
    }
    unlock(&watch_lock);
    return result;
}

bool watch_serve(struct frame *frame)
{
    uint64_t *x = frame->x;
    switch (x[0]) {
    case NV_WATCH:
        x[0] = (uint64_t)watch(x[1], x[2], x[3]);
        return true;
    case NV_ACQUIRE:
        x[0] = (uint64_t)fetch(x[1], x[2]);
        return true;
    case NV_WATCH_STATUS:
        x[0] = touches;
        x[1] = last_address;
        x[2] = last_pc;
        x[3] = closed;
        return true;
    default:
        return false;
    }
}
