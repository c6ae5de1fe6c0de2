/* Calls every service, commits every fault, and says what came back. Nothing here depends on time. */
#include "application.h"
#include "coprocessor.h"
#include "nanovisor.h"
#include "print.h"
#include "psci.h"
#include "tee.h"
#include "virt.h"

#define UART ((volatile uint32_t *)VIRT_UART_BASE)
#define TURNS 2000000UL

void client(void);
void client_second(void);
void second(void);
void uart_put(char byte);

extern const char image[], image_end[];

static volatile uint64_t arrived, counted, finished;

struct answer {
    uint64_t x[4];
};

#define CALL(name, instruction)                                                                                              \
    static struct answer name(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d)                            \
    {                                                                                                                        \
        register uint64_t x0 asm("x0") = function;                                                                           \
        register uint64_t x1 asm("x1") = a;                                                                                  \
        register uint64_t x2 asm("x2") = b;                                                                                  \
        register uint64_t x3 asm("x3") = c;                                                                                  \
        register uint64_t x4 asm("x4") = d;                                                                                  \
        asm volatile(instruction : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : "r"(x4) : "memory");                             \
        return (struct answer){{x0, x1, x2, x3}};                                                                            \
    }
CALL(smc, "smc #0")
CALL(hvc, "hvc #0")

void uart_put(char byte)
{
    UART[0] = (unsigned char)byte;
}

static const struct {
    const char *name;
    uint64_t kind, value;
} faults[] = {
    {"read the guest's memory", TEE_READ_FOREIGN, NV_GUEST_RAM},
    {"read the nanovisor's memory", TEE_READ_FOREIGN, 0x40200000},
    {"read the nanovisor's memory where it sees it", TEE_READ_FOREIGN, 0x800040200000},
    {"read a device", TEE_READ_FOREIGN, VIRT_UART_BASE},
    {"read NULL", TEE_READ_FOREIGN, 0},
    {"write its own code", TEE_WRITE_CODE, 0},
    {"jump to NULL", TEE_JUMP, 0},
    {"jump into the nanovisor", TEE_JUMP, 0x40200000},
    {"execute its data", TEE_EXECUTE_DATA, 0},
    {"run on", TEE_RUN_ON, 0},
    {"divide by 0", TEE_DIVIDE, 7},
    {"use up its stack", TEE_STACK, 0},
    {"HVC", TEE_HYPERCALL, 0},
    {"SMC", TEE_SMC, 0},
    {"read SCTLR_EL1", TEE_SYSTEM_REGISTER, 0},
    {"log 128 bytes", TEE_LONG_LOG, 128},
    {"log as much as there is", TEE_LONG_LOG, ~0UL},
    {"log the nanovisor's memory", TEE_FOREIGN_LOG, 0x40200000},
    {"log at the end of addresses", TEE_FOREIGN_LOG, ~0UL - 3},
    {"map the nanovisor's page", TEE_FOREIGN_PAGE, 0x40200000},
    {"map half a page", TEE_FOREIGN_PAGE, NV_GUEST_RAM + 8},
    {"map beyond the guest", TEE_FOREIGN_PAGE, NV_GUEST_RAM + NV_GUEST_RAM_SIZE},
    {"map the last address", TEE_FOREIGN_PAGE, ~0xfffUL},
    {"map a device", TEE_FOREIGN_IO, VIRT_UART_BASE},
    {"power off", TEE_POWER_OFF, 0},
    {"panic", TEE_PANIC, 0},
};

static void commit_faults(void)
{
    for (unsigned n = 0; n < sizeof faults / sizeof faults[0]; n++) {
        print("%s:\n", faults[n].name);
        print("  answer %ld", smc(TEE_FAULT, faults[n].kind, faults[n].value, 0, 0).x[0]);
        print(", then version %ld\n", smc(TEE_VERSION, 0, 0, 0, 0).x[0]);
    }
}

static void ask_mediator(void)
{
    static uint8_t digest[32] __attribute__((aligned(64)));
    const struct answer version = smc(TEE_VERSION, 0, 0, 0, 0);
    const uint64_t session = smc(TEE_OPEN, 0, 0, 0, 0).x[0];
    print("version %ld, PSCI's major %lu, session %ld\n", version.x[0], version.x[1] >> 16, session);
    print("count %ld", smc(TEE_COUNT, session, 0, 0, 0).x[0]);
    print(", %ld\n", hvc(TEE_COUNT, session, 0, 0, 0).x[0]);
    print("digest %ld: ", smc(TEE_DIGEST, session, (uint64_t) "abc", 3, (uint64_t)digest).x[0]);
    for (unsigned n = 0; n < sizeof digest; n++)
        print("%02x", (unsigned)digest[n]);
    print("\ntoo long %ld", smc(TEE_DIGEST, session, (uint64_t)digest, 8192, (uint64_t)digest).x[0]);
    print(", overflow %ld", smc(TEE_DIGEST, session, (uint64_t)digest, ~0UL, (uint64_t)digest).x[0]);
    print(", foreign %ld", smc(TEE_DIGEST, session, 0x40200000, 16, (uint64_t)digest).x[0]);
    print(", into foreign %ld", smc(TEE_DIGEST, session, (uint64_t)digest, 16, 0x40200000).x[0]);
    print(", no session %ld", smc(TEE_COUNT, 99, 0, 0, 0).x[0]);
    print(", no function %ld\n", smc(TEE_LAST - 1, session, 0, 0, 0).x[0]);
    print("closed %ld", smc(TEE_CLOSE, session, 0, 0, 0).x[0]);
    print(", then %ld\n", smc(TEE_COUNT, session, 0, 0, 0).x[0]);
}

static void ask_scheduler(void)
{
    const uint64_t a = smc(COPROCESSOR_SUBMIT, 6, 1, 0, 0).x[0], b = smc(COPROCESSOR_SUBMIT, 6, 3, 0, 0).x[0];
    struct answer of_a, of_b;
    uint64_t turns = 0;
    do {
        of_a = smc(COPROCESSOR_STATE, a, 0, 0, 0);
        of_b = smc(COPROCESSOR_STATE, b, 0, 0, 0);
    } while (((int64_t)of_a.x[0] > 0 || (int64_t)of_b.x[0] > 0) && ++turns < TURNS);
    print("jobs %ld and %ld: left %ld and %ld, ended as number %ld and %ld\n", a, b, of_a.x[0], of_b.x[0], of_a.x[1], of_b.x[1]);
}

/* Two PEs count in one session at once: no count is lost. */
static void count_together(uint64_t session, uint64_t times)
{
    for (uint64_t n = 0; n < times; n++)
        smc(TEE_COUNT, session, 0, 0, 0);
}

/* What the second PE's calls answered. */
static volatile int64_t met, run_on;

void client_second(void)
{
    __atomic_store_n(&arrived, 1, __ATOMIC_RELEASE);
    count_together(counted, 1000);
    __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
    met = (int64_t)smc(TEE_FAULT, TEE_MEET, 0, 0, 0).x[0];
    run_on = (int64_t)smc(TEE_FAULT, TEE_MEET_RUN_ON, 1, 0, 0).x[0];
    __atomic_store_n(&finished, 2, __ATOMIC_RELEASE);
    smc(PSCI_CPU_OFF, 0, 0, 0, 0);
}

static void use_two_pes(void)
{
    counted = smc(TEE_OPEN, 0, 0, 0, 0).x[0];
    if (smc(PSCI_CPU_ON, 1, (uint64_t)second, 0, 0).x[0]) {
        print("there is one PE\n");
        return;
    }
    while (!__atomic_load_n(&arrived, __ATOMIC_ACQUIRE))
        ;
    count_together(counted, 1000);
    while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) /* stubdomains don't meet, and would ask too early */
        ;
    const int64_t here = (int64_t)smc(TEE_FAULT, TEE_MEET, 0, 0, 0).x[0];
    const int64_t count = (int64_t)smc(TEE_COUNT, counted, 0, 0, 0).x[0];
    const int64_t panicked = (int64_t)smc(TEE_FAULT, TEE_MEET_PANIC, 1, 0, 0).x[0];
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < 2)
        ;
    print("two PEs: count %ld, both inside at once: %ld and %ld\n", count, here, met);
    print("a crash while another PE is inside: %ld here, %ld there, then version %ld\n", panicked, run_on,
          smc(TEE_VERSION, 0, 0, 0, 0).x[0]);
}

static int64_t control(uint64_t operation, const char *service, const void *at, uint64_t size)
{
    return (int64_t)hvc(NV_APPLICATION, operation, application_service(service), (uint64_t)at, size).x[0];
}

static void replace(void)
{
    const uint64_t before = hvc(NV_PAGES, 0, 0, 0, 0).x[0];
    const uint64_t size = (uint64_t)(image_end - image);
    print("no such service %ld\n", control(APPLICATION_LOAD, "nobody", image, size));
    print("no size %ld", control(APPLICATION_LOAD, "clock", image, 0));
    print(", a size that overflows %ld", control(APPLICATION_LOAD, "clock", image, ~0UL));
    print(", the nanovisor's memory %ld\n", control(APPLICATION_LOAD, "clock", (void *)0x40200000, 4096));
    print("it still serves: %ld\n", smc(COPROCESSOR_STATE, 1, 0, 0, 0).x[0]);
    print("half of the file %ld\n", control(APPLICATION_LOAD, "clock", image, 4096));
    print("callers get %ld\n", smc(COPROCESSOR_STATE, 1, 0, 0, 0).x[0]);
    print("the file %ld\n", control(APPLICATION_LOAD, "clock", image, size));
    ask_scheduler();
    print("pages lost: %ld\n", before - hvc(NV_PAGES, 0, 0, 0, 0).x[0]);
    print("unload %ld", control(APPLICATION_UNLOAD, "clock", 0, 0));
    print(", callers get %ld\n", smc(COPROCESSOR_STATE, 1, 0, 0, 0).x[0]);
}

static void use_up_restarts(void)
{
    int64_t version;
    unsigned crashes = 0;
    do {
        smc(TEE_FAULT, TEE_PANIC, 0, 0, 0);
        version = (int64_t)smc(TEE_VERSION, 0, 0, 0, 0).x[0];
    } while (version == 1 && ++crashes < 100);
    print("at last version %ld, state %ld\n", version, control(APPLICATION_STATUS, "tee", 0, 0));
}

void client(void)
{
    print("UARTPeriphID0 %x, UARTCR %x\n", UART[0xfe0 / 4], UART[0x30 / 4]);
    UART[0x30 / 4] = 0;
    print("UARTCR %x, and it is still heard\n", UART[0x30 / 4]);
    ask_mediator();
    ask_scheduler();
    use_two_pes();
    smc(TEE_FAULT, TEE_PANIC, 0, 0, 0); /* from here on each comparison of pages is between two fresh applications */
    const uint64_t before = hvc(NV_PAGES, 0, 0, 0, 0).x[0];
    commit_faults();
    print("pages lost: %ld\n", before - hvc(NV_PAGES, 0, 0, 0, 0).x[0]);
    replace();
    use_up_restarts();
    smc(PSCI_SYSTEM_OFF, 0, 0, 0, 0);
}
