#ifndef NANOVISOR_PSCI_H
#define NANOVISOR_PSCI_H
#include <stdint.h>

/* Serve the guest's calls. */
void psci_init(void);
/* A call to the firmware at EL3, or to what stands in its place. */
int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void power_off(void) __attribute__((noreturn));

#endif
