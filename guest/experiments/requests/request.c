/*
 * request CROSSING TIMES smc|mmio [busy N]: requests that whoever is at EL2 must serve: an SMC of the kernel's driver to the mediator
 * (tee.h), or a byte written to the console's data register from EL0. What serves them the registry says. The process sleeps between
 * two requests, so that the N others of `busy` run.
 */
#include "latency.h"
#include "nanovisor.h"
#include "psci.h"
#include "tee.h"

#define INTERVAL_US 20
#define SPREAD_US 20
#define LINE 50
#define UARTDR 0
#define UARTFR 6
#define UARTFR_TXFF (1u << 5)

static volatile uint32_t *console;

static struct secure_call call(uint64_t function, uint64_t session, uint64_t crossing)
{
    struct secure_call request = {.x = {function, session}, .crossing = crossing};
    hyplet_check(secure_call(&request), "calling the mediator");
    return request;
}

/* The mediator counts how often it was asked. */
static int ask(uint64_t crossing, uint64_t session, uint64_t time)
{
    return call(TEE_COUNT, session, crossing).x[0] == time + 1;
}

static void put(uint32_t byte)
{
    while (console[UARTFR] & UARTFR_TXFF)
        ;
    console[UARTDR] = byte;
}

/* A letter: what came out is the answer. */
static int write_letter(uint64_t crossing, uint64_t time)
{
    uint32_t letter = 'a' + (uint32_t)(time + crossing) % 26;
    while (console[UARTFR] & UARTFR_TXFF)
        ;
    asm volatile("" : "+r"(letter)); /* computed before the crossing begins */
    lab_begin(crossing);
    console[UARTDR] = letter;
    lab_end(crossing);
    if (time % LINE == LINE - 1)
        put('\n');
    return 1;
}

/* The driver passes on what is for the Trusted OS, from memory that is the caller's, and nothing else. */
static int driver_is_careful(void)
{
    struct secure_call power_off = {.x = {PSCI_SYSTEM_OFF}}, hypercall = {.x = {NV_NOP}};
    return secure_call(&power_off) == ERROR_DENIED && secure_call(&hypercall) == ERROR_DENIED && secure_call(0) == ERROR_FAULT;
}

int main(int argc, char **argv)
{
    const uint64_t crossing = argument_number(argc, argv, 0, 0), times = argument_number(argc, argv, 1, 1000);
    const int by_smc = argument_has(argc, argv, "smc");
    struct busy busy;
    uint64_t seed = 1, right = 0, session = 0;
    if (by_smc) {
        hyplet_check(driver_is_careful() ? 0 : -1, "asking for what isn't the mediator's");
        hyplet_check(call(TEE_VERSION, 0, 0).x[0] == 1 ? 0 : -1, "looking for the mediator");
        session = call(TEE_OPEN, 0, 0).x[0];
    } else {
        const int64_t at = map_console();
        hyplet_check(at, "mapping the console");
        console = (volatile uint32_t *)at;
    }
    busy_start(&busy, argc, argv);
    set_priority(0, PRIORITY_DEFAULT + 1);
    for (uint64_t n = 0; n < times; n++) {
        sleep_until(after_us(INTERVAL_US + alarm_random(&seed) % SPREAD_US));
        right += by_smc ? (uint64_t)ask(crossing, session, n) : (uint64_t)write_letter(crossing, n);
    }
    const uint64_t ended = busy_stop(&busy);
    if (by_smc)
        right -= call(TEE_CLOSE, session, 0).x[0] != 0;
    lab_note(crossing, right);
    printf("request: crossing %lu: %lu of %lu served, beside %lu busy processes\n", crossing, right, times, ended);
    return right != times;
}
