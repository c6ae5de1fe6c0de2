/*
 * Native applications: what the nanovisor and its applications, and the guest kernel, agree on.
 *
 * An application is a static ELF64 with one entry point, which is called like a function: x0 = enum app_function, x1 to x7 = its
 * parameters. It comes back with app_return, never by returning. Several PEs may be inside at once, each on its own stack. Calls are
 * SVC #0 with the number in x8, arguments from x0, result in x0; negative results are the NV_E numbers of nanovisor.h.
 */
#ifndef APPLICATION_ABI_H
#define APPLICATION_ABI_H

#define APP_CALL_RETURN 0           /* up to four results: ends the call */
#define APP_CALL_LOG 1              /* text, length <= APP_LOG_MAX */
#define APP_CALL_PANIC 2            /* text, length: ends the call as a crash does */
#define APP_CALL_SMC 3              /* x0 to x3: to the firmware; the answer in x0 to x3. Not what starts, stops or powers PEs */
#define APP_CALL_MAP_GUEST_PAGE 4   /* guest-physical address of a page, writable?: where it is */
#define APP_CALL_UNMAP_GUEST_PAGE 5 /* what the call before said */
#define APP_CALL_MAP_IO 6           /* physical address of the registers that it was granted: where they are */

#define APP_LOG_MAX 127
#define APP_GUEST_PAGES 16 /* that an application may have mapped at once */

#ifndef __ASSEMBLER__
#include <stdint.h>

enum app_function {
    APP_INIT = 0,        /* index of the service, restarts so far. Other than 0: it can't start */
    APP_HANDLE_SMC = 1,  /* the guest's x0 to x6; the results are its x0 to x3 */
    APP_HANDLE_MMIO = 2, /* address, size in bytes, write?, value: 0 and the value read, or anything else for an external abort */
    APP_TIMER = 3,       /* CNTPCT_EL0's value that it was due at */
};

/* NV_APPLICATION and SYS_APPLICATION: operation, service, image, size. A service is its name, at most 8 bytes, in a little-endian word. */
enum application_operation {
    APPLICATION_LOAD = 1,   /* the image replaces what serves it now; the calls under way finish first, new ones wait */
    APPLICATION_UNLOAD = 2, /* its callers get NV_EDEAD from then on */
    APPLICATION_STATUS = 3, /* x0 = enum application_state, x1 = crashes, x2 = pages, x3 = calls that came back */
};

enum application_state {
    APPLICATION_EMPTY = 0,    /* nothing was loaded */
    APPLICATION_READY = 1,
    APPLICATION_CHANGING = 2, /* it is being loaded or restarted: callers wait */
    APPLICATION_STOPPED = 3,  /* it crashed too often, or couldn't start */
};

static inline uint64_t application_service(const char *name)
{
    uint64_t word = 0;
    for (unsigned n = 0; n < 8 && name[n]; n++)
        word |= (uint64_t)(unsigned char)name[n] << 8 * n;
    return word;
}
#endif

#endif
