/* The entry point's other half. */
#include "app.h"

void app_enter(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g)
    __attribute__((noreturn));

void app_enter(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g)
{
    const uint64_t arguments[7] = {a, b, c, d, e, f, g};
    uint64_t results[4] = {0};
    const int64_t result = app_handle(function, arguments, results);
    if (function != APP_HANDLE_SMC)
        results[0] = (uint64_t)result;
    for (;;)
        app_call(APP_CALL_RETURN, results);
}
