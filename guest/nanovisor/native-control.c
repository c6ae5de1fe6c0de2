/* NV_APPLICATION: the guest kernel loads, replaces and unloads applications. */
#include "layout.h"
#include "log.h"
#include "nanovisor.h"
#include "native.h"
#include "pages.h"
#include "sha256.h"
#include "space.h"
#include "stage2.h"
#include "trap.h"
#include <stddef.h>

/* Images that come from the guest are copied, into one of two places that each service has: the one that isn't in use. */
#define IMAGE_ROOM 0x200000UL
_Static_assert(POOL_END + 2 * MAX_SERVICES_NATIVE * IMAGE_ROOM <= APPLICATIONS_END, "the images' places lie below the guest's RAM");

void *memcpy(void *restrict to, const void *restrict from, size_t size);

static bool copy_image(uint8_t *to, uint64_t va, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        const uint64_t offset = (va + done) % PAGE_SIZE, page = stage2_of_el0(va + done - offset, false);
        const uint64_t part = PAGE_SIZE - offset < size - done ? PAGE_SIZE - offset : size - done;
        if (!page || !stage2_is_ram(page, PAGE_SIZE))
            return false;
        memcpy(to + done, (const uint8_t *)virt(page) + offset, part);
        done += part;
    }
    return true;
}

void application_announce(const struct application *a)
{
    struct sha256 hash;
    uint8_t digest[32];
    char text[65];
    sha256_start(&hash);
    sha256_add(&hash, a->image, a->image_size);
    sha256_end(&hash, digest);
    for (unsigned n = 0; n < 64; n++)
        text[n] = "0123456789abcdef"[digest[n / 2] >> (n % 2 ? 0 : 4) & 15];
    text[64] = 0;
    log("service %s: %s %s, %lu bytes, SHA-256 %s", a->service, a->what, a->name, a->image_size, text);
}

static int64_t load(struct application *a, uint64_t va, uint64_t size)
{
    if (!size || size > IMAGE_ROOM || va + size < va)
        return NV_EINVAL;
    application_claim(a);
    const unsigned slot = 1 - a->slot;
    uint8_t *to = virt(POOL_END + (2 * (uint64_t)(a - applications) + slot) * IMAGE_ROOM);
    if (!copy_image(to, va, size)) {
        lock(&a->lock);
        a->state = a->space ? APPLICATION_READY : a->image ? APPLICATION_STOPPED : APPLICATION_EMPTY;
        unlock(&a->lock);
        return NV_EFAULT;
    }
    application_unload(a);
    a->slot = slot;
    a->image = to;
    a->image_size = size;
    a->crashes = 0;
    memcpy(a->name, "(of the guest's)", sizeof "(of the guest's)");
    application_announce(a);
    return application_start(a) ? NV_OK : NV_EINVAL;
}

static int64_t unload(struct application *a)
{
    application_claim(a);
    application_unload(a);
    a->image = 0;
    lock(&a->lock);
    a->state = APPLICATION_EMPTY;
    unlock(&a->lock);
    log("service %s: unloaded", a->service);
    return NV_OK;
}

static void status(const struct application *a, uint64_t *x)
{
    x[0] = a->state;
    x[1] = a->crashes;
    x[2] = a->page_count;
    x[3] = a->runs;
}

bool native_control(struct frame *frame)
{
    uint64_t *x = frame->x;
    struct application *a = application_named(x[2]);
    if (!a) {
        x[0] = (uint64_t)NV_ENOENT;
        return true;
    }
    if (x[1] == APPLICATION_STATUS)
        status(a, x);
    else if (a->handler)
        x[0] = (uint64_t)NV_ENOTSUP; /* it is the nanovisor's own code */
    else if (x[1] == APPLICATION_LOAD)
        x[0] = (uint64_t)load(a, x[3], x[4]);
    else if (x[1] == APPLICATION_UNLOAD)
        x[0] = (uint64_t)unload(a);
    else
        x[0] = (uint64_t)NV_EINVAL;
    return true;
}
