/*
 * Stubdomains: services in a guest of their own (domain.h), the classic way to keep them out of the hypervisor. Such a domain isn't
 * called: it gets a request in a ring and an interrupt that says so, and is scheduled on the PE of whoever asks, whose world is put
 * away meanwhile. It goes on where it was, until it has answered. Otherwise it is kept as an application is: its image, its pages, its
 * budget, its restarts.
 */
#ifndef STUBDOMAIN_H
#define STUBDOMAIN_H
#include "native.h"
#include "user.h"

struct domain_ring;

/* A domain that has just been loaded: it starts at its entry point with the next request. */
void stubdomain_reset(const struct application *application, struct domain_ring *ring);
/* Ask it, and wait for the answer. How it ended is in `user`, as after user_call(). */
void stubdomain_call(struct application *application, struct user *user, uint64_t function, const uint64_t arguments[APP_ARGUMENTS],
                     uint64_t results[APP_RESULTS]);

#endif
