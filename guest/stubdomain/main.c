/* A domain's loop: wait for an event, serve what is in the ring, say so. The service is the application's own app_handle(). */
#include "domain.h"
#include "app.h"
#include "sysreg.h"

#define INTID_SPECIAL 1020u

void domain_main(void) __attribute__((noreturn));
void domain_interrupt(void);
void domain_exception(void) __attribute__((noreturn));

static volatile bool event;

void domain_interrupt(void)
{
    const uint64_t intid = read_sysreg(icc_iar1_el1);
    if (intid >= INTID_SPECIAL)
        return;
    event |= intid == DOMAIN_EVENT_INTID;
    write_sysreg(icc_eoir1_el1, intid);
}

void domain_exception(void)
{
    static const char text[] = "an exception at EL1";
    app_panic(text, sizeof text - 1);
}

/* WFI ends with an interrupt that is masked as well, so that none comes unseen between the question and the wait. */
static void wait_for_event(void)
{
    asm volatile("msr daifset, #2" : : : "memory");
    while (!event) {
        wfi();
        asm volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" : : : "memory");
    }
    event = false;
    asm volatile("msr daifclr, #2" : : : "memory");
}

static void serve(struct domain_slot *slot)
{
    uint64_t results[4] = {0};
    const int64_t result = app_handle(slot->function, slot->arguments, results);
    if (slot->function != APP_HANDLE_SMC)
        results[0] = (uint64_t)result;
    for (unsigned n = 0; n < 4; n++)
        slot->results[n] = results[n];
}

void domain_main(void)
{
    struct domain_ring *ring = (struct domain_ring *)DOMAIN_RING;
    write_sysreg(icc_pmr_el1, 0xf0);
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    for (uint32_t served = 0;;) {
        wait_for_event();
        while (served != __atomic_load_n(&ring->requests, __ATOMIC_ACQUIRE)) {
            serve(&ring->slots[served % DOMAIN_SLOTS]);
            __atomic_store_n(&ring->answers, ++served, __ATOMIC_RELEASE);
        }
        app_call(DOMAIN_CALL_NOTIFY, (uint64_t[4]){0});
    }
}
