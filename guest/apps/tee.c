/* A mediator of SMCs: sessions, a digest of the guest's memory, and a question that goes on to the firmware. */
#include "tee.h"
#include "app.h"
#include "psci.h"
#include "sha256.h"

#define PAGE 4096UL
#define INVALID ((uint64_t)-22)
#define FULL ((uint64_t)-12)

static uint64_t sessions[TEE_SESSIONS]; /* 1 + how often it was asked; 0: free */

static uint64_t open_session(void)
{
    for (unsigned n = 0; n < TEE_SESSIONS; n++) {
        uint64_t empty = 0;
        if (__atomic_compare_exchange_n(&sessions[n], &empty, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return n + 1;
    }
    return FULL;
}

static uint64_t *session(uint64_t number)
{
    return number >= 1 && number <= TEE_SESSIONS && sessions[number - 1] ? &sessions[number - 1] : 0;
}

static uint64_t digest(uint64_t address, uint64_t length, uint64_t to)
{
    const uint64_t offset = address % PAGE, to_offset = to % PAGE;
    if (length > PAGE - offset || to_offset > PAGE - 32)
        return INVALID;
    const uint8_t *from = app_map_guest_page(address - offset, false);
    uint8_t *answer = app_map_guest_page(to - to_offset, true);
    if (from && answer) {
        struct sha256 hash;
        sha256_start(&hash);
        sha256_add(&hash, from + offset, length);
        sha256_end(&hash, answer + to_offset);
    }
    if (from)
        app_unmap_guest_page(from);
    if (answer)
        app_unmap_guest_page(answer);
    return from && answer ? 0 : INVALID;
}

static uint64_t firmware_version(void)
{
    uint64_t x[4] = {PSCI_VERSION};
    return (uint64_t)app_call_smc(x);
}

/* tee-faults.c, which isn't there when this is a handler in the nanovisor: that couldn't survive it. */
uint64_t commit_fault(uint64_t kind, uint64_t value) __attribute__((weak));

static uint64_t in_session(const uint64_t *x)
{
    uint64_t *which = session(x[1]);
    if (!which)
        return INVALID;
    switch (x[0]) {
    case TEE_CLOSE:
        __atomic_store_n(which, 0, __ATOMIC_RELEASE);
        return 0;
    case TEE_COUNT:
        return __atomic_fetch_add(which, 1, __ATOMIC_ACQ_REL);
    case TEE_DIGEST:
        return digest(x[2], x[3], x[4]);
    default:
        return (uint64_t)-1; /* SMCCC: no such function */
    }
}

static void handle_smc(const uint64_t *x, uint64_t *results)
{
    switch (x[0]) {
    case TEE_VERSION:
        results[0] = 1;
        results[1] = firmware_version();
        break;
    case TEE_OPEN:
        results[0] = open_session();
        break;
    case TEE_FAULT:
        results[0] = commit_fault ? commit_fault(x[1], x[2]) : (uint64_t)-1;
        break;
    default:
        results[0] = in_session(x);
    }
}

int64_t app_handle(uint64_t function, const uint64_t arguments[7], uint64_t results[4])
{
    if (function == APP_INIT)
        return 0;
    if (function == APP_HANDLE_SMC)
        handle_smc(arguments, results);
    return function == APP_HANDLE_SMC ? 0 : -1;
}
