/*
 * The same services inside the nanovisor: the applications' own sources (guest/apps), compiled for EL2, with the calls that they make
 * as functions. Nothing confines them.
 */
#include "app.h"
#include "layout.h"
#include "log.h"
#include "nanovisor-psci.h"
#include "nanovisor.h"
#include "native.h"
#include "pages.h"
#include "stage2.h"
#include "text.h"

int64_t pl011_handle(uint64_t function, const uint64_t arguments[APP_ARGUMENTS], uint64_t results[APP_RESULTS]);
int64_t tee_handle(uint64_t function, const uint64_t arguments[APP_ARGUMENTS], uint64_t results[APP_RESULTS]);
int64_t scheduler_handle(uint64_t function, const uint64_t arguments[APP_ARGUMENTS], uint64_t results[APP_RESULTS]);

static const struct {
    const char *name;
    native_handler *handler;
} handlers[] = {{"pl011", pl011_handle}, {"tee", tee_handle}, {"scheduler", scheduler_handle}};

native_handler *native_handler_named(const char *name)
{
    for (unsigned n = 0; n < sizeof handlers / sizeof handlers[0]; n++)
        if (text_same(name, handlers[n].name))
            return handlers[n].handler;
    return 0;
}

int64_t app_log(const char *text, uint64_t length)
{
    log_text("handler", text, (unsigned)length);
    return NV_OK;
}

void app_panic(const char *text, uint64_t length)
{
    log_text("handler panics", text, (unsigned)length);
    power_off(); /* there is nothing to go back to: that is the difference */
}

int64_t app_call_smc(uint64_t x[4])
{
    x[0] = (uint64_t)firmware_call(x[0], x[1], x[2], x[3]);
    return (int64_t)x[0];
}

void *app_map_guest_page(uint64_t ipa, bool writable)
{
    (void)writable;
    return ipa % PAGE_SIZE || !stage2_is_ram(ipa, PAGE_SIZE) ? 0 : virt(ipa);
}

void app_unmap_guest_page(const void *page)
{
    (void)page;
}

void *app_map_io(uint64_t pa)
{
    return (void *)(LINEAR_BASE + pa);
}
