/* What an application may ask for. */
#include "nanovisor-psci.h"
#include "layout.h"
#include "log.h"
#include "nanovisor.h"
#include "native.h"
#include "pages.h"
#include "psci.h"
#include "space.h"
#include "stage2.h"
#include "user.h"

/* SMCCC: owner 4 is standard secure services, whose first 32 functions are PSCI's (Arm DEN0028, DEN0022). */
#define SMCCC_OWNER(function) ((function) >> 24 & 0x3f)
#define SMCCC_STANDARD 4u
#define SMCCC_NUMBER(function) ((function) & 0xffff)
#define PSCI_FUNCTIONS 32u

/* Text of the application's. False: it isn't all in memory of its own. */
static bool copy_text(const struct application *a, uint64_t from, uint64_t length, char *to)
{
    for (uint64_t n = 0; n < length; n++) {
        const uint64_t page = from + n >= from ? space_page(a->space, (from + n) & ~(PAGE_SIZE - 1), 0) : 0;
        if (!page)
            return false;
        to[n] = ((const char *)virt(page))[(from + n) % PAGE_SIZE];
    }
    return true;
}

static int64_t log_for(const struct application *a, const char *what, uint64_t text, uint64_t length)
{
    char copy[APP_LOG_MAX];
    if (length > sizeof copy)
        return NV_EINVAL;
    if (!copy_text(a, text, length, copy))
        return NV_EFAULT;
    log_text(what, copy, (unsigned)length);
    return NV_OK;
}

static bool firmware_may(uint32_t function)
{
    const bool psci = SMCCC_OWNER(function) == SMCCC_STANDARD && SMCCC_NUMBER(function) < PSCI_FUNCTIONS;
    return !psci || function == PSCI_VERSION || function == PSCI_FEATURES;
}

static void call_smc(const struct application *a, uint64_t *x)
{
    if (!a->firmware || !firmware_may((uint32_t)x[0])) {
        x[0] = (uint64_t)NV_EINVAL;
        return;
    }
    x[0] = (uint64_t)firmware_call((uint32_t)x[0], x[1], x[2], x[3]);
}

static int64_t map_guest_page(struct application *a, uint64_t ipa, uint64_t writable)
{
    if (ipa % PAGE_SIZE || !stage2_is_ram(ipa, PAGE_SIZE) || !(writable ? a->guest_write : a->guest_read))
        return NV_EINVAL;
    int64_t result = NV_ENOMEM;
    lock(&a->lock);
    for (unsigned n = 0; n < APP_GUEST_PAGES && result < 0; n++) {
        const uint64_t at = GUEST_WINDOW + n * PAGE_SIZE;
        if (!a->guest_pages[n] && space_map(a->space, at, ipa, writable ? HYPLET_WRITE : 0)) {
            a->guest_pages[n] = ipa;
            result = (int64_t)at;
        }
    }
    unlock(&a->lock);
    return result;
}

static int64_t unmap_guest_page(struct application *a, uint64_t at)
{
    const uint64_t n = (at - GUEST_WINDOW) / PAGE_SIZE;
    int64_t result = NV_ENOENT;
    if (at % PAGE_SIZE || n >= APP_GUEST_PAGES)
        return NV_EINVAL;
    lock(&a->lock);
    if (a->guest_pages[n]) {
        space_unmap(a->space, at);
        a->guest_pages[n] = 0;
        result = NV_OK;
    }
    unlock(&a->lock);
    return result;
}

static int64_t map_io(struct application *a, uint64_t pa)
{
    if (!a->io || pa != a->io)
        return NV_EINVAL;
    lock(&a->lock);
    const bool mapped = space_map_device(a->space, IO_WINDOW, pa);
    unlock(&a->lock);
    return mapped ? (int64_t)IO_WINDOW : NV_ENOMEM;
}

static void finish(const struct native_context *context, const uint64_t *x)
{
    for (unsigned n = 0; n < APP_RESULTS; n++)
        context->results[n] = x[n];
    user_finish(0, 0);
}

bool native_service(struct user *user, struct frame *frame, unsigned immediate)
{
    const struct native_context *context = user->context;
    struct application *a = context->application;
    uint64_t *x = frame->x;
    if (immediate)
        return false;
    switch (x[8]) {
    case APP_CALL_RETURN:
        finish(context, x);
        return true;
    case APP_CALL_LOG:
        x[0] = (uint64_t)log_for(a, a->service, x[0], x[1]);
        return true;
    case APP_CALL_PANIC:
        log("%s %s of service %s panics", a->what, a->name, a->service);
        log_for(a, a->service, x[0], x[1]);
        return false;
    case APP_CALL_SMC:
        call_smc(a, x);
        return true;
    case APP_CALL_MAP_GUEST_PAGE:
        x[0] = (uint64_t)map_guest_page(a, x[0], x[1]);
        return true;
    case APP_CALL_UNMAP_GUEST_PAGE:
        x[0] = (uint64_t)unmap_guest_page(a, x[0]);
        return true;
    case APP_CALL_MAP_IO:
        x[0] = (uint64_t)map_io(a, x[0]);
        return true;
    default:
        x[0] = (uint64_t)NV_EUNKNOWN;
        return true;
    }
}
