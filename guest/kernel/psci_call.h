/* PSCI (Arm DEN0022) and the conduits. */
#ifndef PSCI_CALL_H
#define PSCI_CALL_H
#include <stdint.h>

/* Power off; where that can't be had, wait for ever. */
void psci_system_off(void) __attribute__((noreturn));
/* Start PE number `pe` of the board at secondary_start. PSCI's answer. */
int64_t psci_cpu_on(unsigned pe);
/* Take the PE that calls off. Returns only when that is refused. */
int64_t psci_cpu_off(void);
/* Whether PE number `pe` is on, or not off yet. */
int psci_is_on(unsigned pe);

#endif
