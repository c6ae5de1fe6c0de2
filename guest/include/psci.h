/* PSCI (Arm DEN0022) through the conduit that the device tree names. */
#ifndef PSCI_H
#define PSCI_H
#include <stdint.h>

#define PSCI_VERSION 0x84000000UL
#define PSCI_CPU_OFF 0x84000002UL
#define PSCI_SYSTEM_OFF 0x84000008UL
#define PSCI_FEATURES 0x8400000aUL
#define PSCI_CPU_ON 0xc4000003UL
#define PSCI_AFFINITY_INFO 0xc4000004UL
#define PSCI_CPU_SUSPEND32 0x84000001UL
#define PSCI_CPU_ON32 0x84000003UL
#define PSCI_AFFINITY_INFO32 0x84000004UL
#define PSCI_MIGRATE_INFO_TYPE 0x84000006UL
#define PSCI_SYSTEM_RESET 0x84000009UL
#define PSCI_CPU_SUSPEND 0xc4000001UL
#define PSCI_LAST32 0x8400001fUL
#define PSCI_FIRST64 0xc4000000UL
#define PSCI_LAST64 0xc400001fUL
#define PSCI_1_1 0x10001UL
#define PSCI_ON_PENDING (-5L)
#define NO_MIGRATION 2

#define PSCI_SUCCESS 0L
#define PSCI_NOT_SUPPORTED (-1L)
#define PSCI_INVALID_PARAMETERS (-2L)
#define PSCI_ALREADY_ON (-4L)

enum psci_conduit { PSCI_NONE, PSCI_HVC, PSCI_SMC };

/* /psci's `method` in the device tree, read once. */
enum psci_conduit psci_conduit(void);
/* PSCI_NOT_SUPPORTED when there is no conduit. */
int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
/* Start the PE with affinity 0.0.0.pe in `entry`(pe) at EL1 with its own stack, the MMU and vectors on. Returns PSCI's answer. */
int64_t psci_start_pe(unsigned pe, void (*entry)(unsigned pe));

#endif
