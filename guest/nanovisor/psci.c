/* PSCI (Arm DEN0022): what the guest asks of us, and what we ask of the firmware. */
#include "nanovisor-psci.h"
#include "gicv3.h"
#include "lock.h"
#include "pe.h"
#include "psci.h"
#include "services.h"
#include "trap.h"

static struct lock psci_lock;

int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                 "x14", "x15", "x16", "x17", "memory");
    return (int64_t)x0;
}

void power_off(void)
{
    firmware_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        wfi();
}

static int64_t cpu_on(uint64_t affinity, uint64_t entry, uint64_t context)
{
    const int n = pe_with_affinity(affinity);
    if (n < 0)
        return PSCI_INVALID_PARAMETERS;
    struct pe *pe = &pes[n];
    lock(&psci_lock);
    const uint32_t state = pe->state;
    if (state == PE_OFF) {
        pe->entry = entry;
        pe->context = context;
        __atomic_store_n(&pe->state, PE_STARTING, __ATOMIC_RELEASE);
    }
    unlock(&psci_lock);
    if (state != PE_OFF)
        return state == PE_ON ? PSCI_ALREADY_ON : PSCI_ON_PENDING;
    gicv3_kick((unsigned)n);
    return PSCI_SUCCESS;
}

static int64_t affinity_info(uint64_t affinity, uint64_t level)
{
    static const uint8_t answers[] = {[PE_OFF] = 1, [PE_STARTING] = 2, [PE_ON] = 0};
    const int n = pe_with_affinity(affinity);
    return n < 0 || level ? PSCI_INVALID_PARAMETERS : answers[pes[n].state];
}

static int64_t features(uint64_t function)
{
    static const uint64_t served[] = {PSCI_VERSION, PSCI_CPU_SUSPEND32, PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_CPU_ON32, PSCI_CPU_ON,
                                      PSCI_AFFINITY_INFO32, PSCI_AFFINITY_INFO, PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF,
                                      PSCI_SYSTEM_RESET, PSCI_FEATURES};
    for (unsigned n = 0; n < sizeof served / sizeof served[0]; n++)
        if (served[n] == function)
            return 0;
    return PSCI_NOT_SUPPORTED;
}

static bool serve(struct frame *frame)
{
    uint64_t *x = frame->x;
    switch (x[0]) {
    case PSCI_VERSION:
        x[0] = PSCI_1_1;
        return true;
    case PSCI_CPU_SUSPEND32:
    case PSCI_CPU_SUSPEND:
        x[0] = (uint64_t)PSCI_SUCCESS; /* a standby state that something woke at once */
        return true;
    case PSCI_CPU_OFF:
        this_pe()->state = PE_OFF;
        pe_wait_off();
    case PSCI_CPU_ON32:
        x[0] = (uint64_t)cpu_on((uint32_t)x[1], (uint32_t)x[2], (uint32_t)x[3]);
        return true;
    case PSCI_CPU_ON:
        x[0] = (uint64_t)cpu_on(x[1], x[2], x[3]);
        return true;
    case PSCI_AFFINITY_INFO32:
    case PSCI_AFFINITY_INFO:
        x[0] = (uint64_t)affinity_info(x[1], x[2]);
        return true;
    case PSCI_MIGRATE_INFO_TYPE:
        x[0] = NO_MIGRATION;
        return true;
    case PSCI_SYSTEM_OFF:
        power_off();
    case PSCI_SYSTEM_RESET:
        firmware_call(PSCI_SYSTEM_RESET, 0, 0, 0);
        return false;
    case PSCI_FEATURES:
        x[0] = (uint64_t)features(x[1]);
        return true;
    default:
        return false;
    }
}

void psci_init(void)
{
    services_register(PSCI_VERSION, PSCI_LAST32, BY_HVC | BY_SMC, serve);
    services_register(PSCI_FIRST64, PSCI_LAST64, BY_HVC | BY_SMC, serve);
}
