/* The calls (application.h): SVC from an application, HVC from a domain, which is given as CONDUIT. */
#include "app.h"

int64_t app_call(uint64_t number, uint64_t x[4])
{
    register uint64_t x8 asm("x8") = number;
    register uint64_t x0 asm("x0") = x[0];
    register uint64_t x1 asm("x1") = x[1];
    register uint64_t x2 asm("x2") = x[2];
    register uint64_t x3 asm("x3") = x[3];
    asm volatile(CONDUIT : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : "r"(x8) : "memory");
    x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
    return (int64_t)x0;
}

static int64_t call2(uint64_t number, uint64_t a, uint64_t b)
{
    return app_call(number, (uint64_t[4]){a, b});
}

int64_t app_log(const char *text, uint64_t length)
{
    return call2(APP_CALL_LOG, (uint64_t)text, length);
}

void app_panic(const char *text, uint64_t length)
{
    for (;;)
        call2(APP_CALL_PANIC, (uint64_t)text, length);
}

int64_t app_call_smc(uint64_t x[4])
{
    return app_call(APP_CALL_SMC, x);
}

void *app_map_guest_page(uint64_t ipa, bool writable)
{
    const int64_t at = call2(APP_CALL_MAP_GUEST_PAGE, ipa, writable);
    return at < 0 ? 0 : (void *)at;
}

void app_unmap_guest_page(const void *page)
{
    call2(APP_CALL_UNMAP_GUEST_PAGE, (uint64_t)page, 0);
}

void *app_map_io(uint64_t pa)
{
    const int64_t at = call2(APP_CALL_MAP_IO, pa, 0);
    return at < 0 ? 0 : (void *)at;
}
