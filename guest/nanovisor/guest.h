/* The guest: where it is put, and how its PEs start. */
#ifndef GUEST_H
#define GUEST_H
#include <stdbool.h>
#include <stdint.h>

struct bundle;

/*
 * Put the kernel, its initrd and a device tree made from `tree` into the guest's RAM. False: it can't be, and the log says why.
 */
bool guest_load(const struct bundle *bundle, const void *tree);
/* Start the kernel on this PE. */
void guest_start(void) __attribute__((noreturn));
/* Enter the guest at `entry` at EL1 with x0 = context, as after a reset. What is on the PE's stack is dropped. */
void guest_start_pe(uint64_t entry, uint64_t context) __attribute__((noreturn));

#endif
