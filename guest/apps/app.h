/* What applications are written with (include/application.h). The same sources are compiled into the nanovisor as handlers. */
#ifndef APP_H
#define APP_H
#include "application.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The application: what `function` (enum app_function) asks for. Its result becomes results[0], unless it is SMC: then results[]
 * are all four as they are. Several PEs may be in it.
 */
int64_t app_handle(uint64_t function, const uint64_t arguments[7], uint64_t results[4]);

/* Any call: x[] in and out; its x[0]. */
int64_t app_call(uint64_t number, uint64_t x[4]);
/* 0, or a negative number. */
int64_t app_log(const char *text, uint64_t length);
void app_panic(const char *text, uint64_t length) __attribute__((noreturn));
/* x[] in and out; its x[0]. */
int64_t app_call_smc(uint64_t x[4]);
/* Null when it can't be. */
void *app_map_guest_page(uint64_t ipa, bool writable);
void app_unmap_guest_page(const void *page);
void *app_map_io(uint64_t pa);

#endif
