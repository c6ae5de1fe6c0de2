/*
 * Native applications: services that the nanovisor offers the guest and doesn't want to run itself. Each has an address space of its
 * own at EL0, which translation confines: by EL0's permissions in the EL2&0 regime where the core has VHE, by a stage 2 of its own
 * (HCR_EL2.TGE, DC) where it hasn't. It is called like a function, on the PE and in the time of whoever asks, and is never scheduled.
 */
#ifndef NATIVE_H
#define NATIVE_H
#include "application.h"
#include "lock.h"
#include <stdbool.h>
#include <stdint.h>

#define MAX_SERVICES_NATIVE 12
#define MAX_APPLICATION_PAGES 320
#define APP_ARGUMENTS 7
#define APP_RESULTS 4

struct bundle;
struct frame;
struct user;

/* A service that is code of the nanovisor's own, for comparison: the same function, called at EL2. */
typedef int64_t native_handler(uint64_t function, const uint64_t arguments[APP_ARGUMENTS], uint64_t results[APP_RESULTS]);

/* What serves a service, and what that may do. The first part is the registry's line (native-registry.c). */
struct application {
    char service[9];
    char name[40];
    native_handler *handler;
    bool domain;                  /* it is a stubdomain (stubdomain.h), not an application */
    const char *what;             /* which of the two, for the log */
    uint64_t smc_first, smc_last; /* function identifiers; 0: none */
    uint64_t mmio, mmio_size;     /* guest-physical; 0: none */
    uint64_t io;                  /* a page of device registers that it may map; 0: none */
    uint64_t period;              /* of its timer, in ticks; 0: none */
    uint64_t budget;              /* of one call, in ticks */
    unsigned restarts;            /* that a crash may cause */
    bool guest_read, guest_write; /* the guest's pages */
    bool firmware;                /* app_call_smc */

    struct lock lock;             /* held for what follows, and never for long */
    uint32_t state;               /* enum application_state */
    uint32_t calls;               /* under way */
    const uint8_t *image;
    uint64_t image_size;
    unsigned slot;                /* of the two that images given at run time are put into */
    struct space *space;
    uint64_t entry;
    unsigned crashes;
    uint64_t runs;
    uint64_t pages[MAX_APPLICATION_PAGES]; /* physical addresses of those that are its own */
    unsigned page_count;
    uint64_t guest_pages[APP_GUEST_PAGES]; /* mapped at GUEST_WINDOW; 0: free */
};

extern struct application applications[MAX_SERVICES_NATIVE];
extern unsigned application_count;

/* Where things are in an application. Between them nothing is mapped. */
#define IMAGE_START 0x10000UL
#define IMAGE_END 0x10000000UL
#define STACKS 0x10000000UL
#define STACK_SPAN 0x20000UL
#define STACK_PAGES 4u
#define GUEST_WINDOW 0x20000000UL
#define IO_WINDOW 0x30000000UL

/* native-registry.c: read the bundle's registry, start what is there. */
void native_init(const struct bundle *bundle);
struct application *application_named(uint64_t service);

/* native-loader.c: make a space out of the image. What is wrong with it, or null. */
const char *application_load(struct application *application);
/* Give all of it back. No call is under way. */
void application_unload(struct application *application);

/* native-call.c: 0, or an NV_E number when nothing came back. */
int64_t native_call(struct application *application, uint64_t function, const uint64_t arguments[APP_ARGUMENTS],
                    uint64_t results[APP_RESULTS]);
/* Load and APP_INIT, by who has set APPLICATION_CHANGING. Leaves it READY or STOPPED. */
bool application_start(struct application *application);
/* Wait for the calls under way, then have it to oneself: CHANGING. False: nothing is loaded. */
bool application_claim(struct application *application);

/* native-services.c: an SVC of an application. */
bool native_service(struct user *user, struct frame *frame, unsigned immediate);
struct native_context {
    struct application *application;
    uint64_t *results;
};

/* native-routes.c: how requests come. */
void native_route(struct application *application);

/* native-restart.c: it crashed in `user`. */
void application_crashed(struct application *application, const struct user *user);

/* native-control.c: NV_APPLICATION. */
bool native_control(struct frame *frame);
/* The image's hash, in the log. */
void application_announce(const struct application *application);

/* native-handlers.c: the handler of that name, or null. */
native_handler *native_handler_named(const char *name);

#endif
