/* The faults that the mediator commits when it is asked to: what an application may do, and nobody else notices. */
#include "app.h"
#include "psci.h"
#include "tee.h"

uint64_t commit_fault(uint64_t kind, uint64_t value);

static uint64_t use_stack(uint64_t depth)
{
    if (depth == ~0UL) /* never, but the compiler wants an end */
        return 0;
    volatile uint8_t room[512];
    room[0] = (uint8_t)depth;
    return use_stack(depth + 1) + room[0];
}

/* Another PE is in here too, now; without one, the budget ends the wait. */
static void meet(uint64_t meeting)
{
    static uint32_t came[TEE_MEETINGS];
    uint32_t *count = &came[meeting % TEE_MEETINGS];
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < 2)
        ;
}

uint64_t commit_fault(uint64_t kind, uint64_t value)
{
    static uint32_t data[2] = {0xd503201f, 0xd65f03c0};
    uint64_t x[4] = {PSCI_SYSTEM_OFF};
    if (kind >= TEE_MEET && kind <= TEE_MEET_RUN_ON)
        meet(value);
    switch (kind) {
    case TEE_MEET:
        return 0;
    case TEE_READ_FOREIGN:
        return *(volatile uint64_t *)value;
    case TEE_WRITE_CODE:
        *(volatile uint32_t *)(uint64_t)&app_handle = 0;
        return 0;
    case TEE_JUMP:
        ((void (*)(void))value)();
        return 0;
    case TEE_RUN_ON:
    case TEE_MEET_RUN_ON:
        for (;;)
            asm volatile("");
    case TEE_DIVIDE: {
        uint64_t quotient;
        asm volatile("udiv %0, %1, xzr" : "=r"(quotient) : "r"(value));
        return quotient;
    }
    case TEE_STACK:
        return use_stack(0);
    case TEE_HYPERCALL:
        asm volatile(".inst 0xd4000002"); /* hvc #0 */
        return 0;
    case TEE_SMC:
        asm volatile(".inst 0xd4000003"); /* smc #0 */
        return 0;
    case TEE_LONG_LOG:
        return (uint64_t)app_log("text", value);
    case TEE_FOREIGN_LOG:
        return (uint64_t)app_log((const char *)value, 8);
    case TEE_FOREIGN_PAGE:
        return (uint64_t)app_map_guest_page(value, true);
    case TEE_FOREIGN_IO:
        return (uint64_t)app_map_io(value);
    case TEE_POWER_OFF:
        return (uint64_t)app_call_smc(x);
    case TEE_PANIC:
    case TEE_MEET_PANIC:
        app_panic("asked to", 8);
    case TEE_SYSTEM_REGISTER:
        asm volatile("mrs %0, sctlr_el1" : "=r"(value));
        return value;
    case TEE_EXECUTE_DATA:
        ((void (*)(void))(uint64_t)data)();
        return 0;
    default:
        return (uint64_t)-22;
    }
}
