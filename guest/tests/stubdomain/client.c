/*
 * What stubdomains could do to the guest that asks them, tried: its world comes back as it was, its interrupts wait while a domain
 * runs, and a domain's faults are its own. The console is a domain as well, so every line says that the other one goes on.
 */
#include "application.h"
#include "coprocessor.h"
#include "domain.h"
#include "nanovisor.h"
#include "print.h"
#include "psci.h"
#include "sysreg.h"
#include "tee.h"
#include "virt.h"

#define UART ((volatile uint32_t *)VIRT_UART_BASE)
#define VIRTUAL_TIMER 27
#define PHYSICAL_TIMER 30
#define SGI 3
#define GICD_CTLR ((volatile uint32_t *)VIRT_GICD_BASE)
#define GICR_ISENABLER0 ((volatile uint32_t *)(VIRT_GICR_BASE + 0x10100)) /* of the first PE */
#define INTID_SPURIOUS 1023u
#define SPIN_COUNTS 60000UL /* 1 ms or less */

void client(void);
void client_second(void);
void second(void);

extern const char image[], image_end[];

void uart_put(char byte);
uint64_t general_registers_lost(uint64_t function, uint64_t a, uint64_t b);

static volatile uint64_t arrived, asked, finished;

void uart_put(char byte)
{
    UART[0] = (unsigned char)byte;
}

static int64_t ask(uint64_t function, uint64_t a, uint64_t b)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = 0;
    asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return (int64_t)x0;
}

static int64_t hypercall(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    register uint64_t x4 asm("x4") = d;
    asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4) : : "x5", "memory");
    return (int64_t)x0;
}

static int64_t free_pages(void)
{
    return hypercall(NV_PAGES, 0, 0, 0, 0);
}

/* Those that the guest can set and read back while its MMU is off; the masks are of bits that every core keeps. */
#define REGISTERS(DO)                                                                                                        \
    DO(tpidr_el0, ~0UL) DO(tpidrro_el0, ~0UL) DO(tpidr_el1, ~0UL) DO(sp_el0, ~0xfUL) DO(ttbr0_el1, 0xffffff000UL)             \
    DO(ttbr1_el1, 0xffffff000UL) DO(mair_el1, 0xff44ff44UL) DO(contextidr_el1, ~0u) DO(vbar_el1, 0xfffff800UL)                \
    DO(esr_el1, 0xfe000000UL) DO(far_el1, ~0UL) DO(elr_el1, ~3UL) DO(spsr_el1, 0xf00003c5UL) DO(par_el1, 0xfffff000UL)        \
    DO(mdscr_el1, 0x1000UL) DO(cntkctl_el1, 3) DO(cpacr_el1, 3UL << 20) DO(cntv_cval_el0, ~0UL) DO(cntp_cval_el0, ~0UL)       \
    DO(icc_pmr_el1, 0xf0) DO(icc_bpr1_el1, 4) DO(icc_igrpen1_el1, 1) DO(tcr_el1, 0x200803519UL)

static unsigned registers_lost(int64_t (*act)(void))
{
#define PUT(name, mask) write_sysreg(name, 0x5a5a5a5a5a5a5a5aUL & (mask));
#define KEEP(name, mask) const uint64_t kept_##name = read_sysreg(name);
#define OLD(name, mask) const uint64_t old_##name = read_sysreg(name);
#define LOST(name, mask)                                                                                                     \
    if (read_sysreg(name) != kept_##name) {                                                                                  \
        write_sysreg(name, kept_##name);                                                                                     \
        lost++;                                                                                                              \
    }
#define BACK(name, mask) write_sysreg(name, old_##name);
    unsigned lost = 0;
    REGISTERS(OLD)
    REGISTERS(PUT)
    isb();
    REGISTERS(KEEP)
    const int64_t answer = act();
    REGISTERS(LOST)
    REGISTERS(BACK)
    isb();
    return answer < 0 ? 999 : lost;
}

static int64_t ask_version(void)
{
    return ask(TEE_VERSION, 0, 0);
}

static int64_t crash(void)
{
    return -ask(TEE_FAULT, TEE_JUMP, 0) - 3;
}

static int64_t write_register(void)
{
    UART[0x30 / 4] = 0x301;
    return (int64_t)UART[0x30 / 4] - 0x301;
}

static const struct {
    const char *name;
    uint64_t kind, value;
} faults[] = {
    {"read the guest's memory", TEE_READ_FOREIGN, NV_GUEST_RAM},
    {"read it with its MMU off", DOMAIN_MMU_OFF, NV_GUEST_RAM},
    {"read the nanovisor's memory with its MMU off", DOMAIN_MMU_OFF, 0x40200000},
    {"read the page before its ring", TEE_READ_FOREIGN, DOMAIN_RING - 8},
    {"read the page after its ring", TEE_READ_FOREIGN, DOMAIN_RING + 4096},
    {"read the other domain's registers", TEE_READ_FOREIGN, 0x30000000},
    {"read the distributor", TEE_READ_FOREIGN, VIRT_GICD_BASE},
    {"jump to NULL", TEE_JUMP, 0},
    {"run on", TEE_RUN_ON, 0},
    {"use up its stack", TEE_STACK, 0},
    {"wait without an answer", DOMAIN_WAIT, 0},
    {"answer once too often", DOMAIN_ANSWER_TOO_MANY, 2},
    {"answer less than nothing", DOMAIN_ANSWER_TOO_MANY, ~0UL},
    {"write all over its ring", DOMAIN_OVERWRITE_RING, ~0UL},
    {"say that there are answers", DOMAIN_NOTIFY, 0},
    {"send an SGI", DOMAIN_SEND_SGI, 0},
    {"use the virtual timer", DOMAIN_VIRTUAL_TIMER, 0},
    {"use the physical timer", DOMAIN_PHYSICAL_TIMER, 0},
    {"write a debug register", DOMAIN_DEBUG, 0},
    {"use FP", DOMAIN_FP, 0},
    {"have its vectors nowhere", DOMAIN_VECTORS, 0x1000},
    {"have its vectors in the guest's memory", DOMAIN_VECTORS, NV_GUEST_RAM},
    {"return as an application", DOMAIN_RETURN, 0},
    {"SMC", TEE_SMC, 0},
    {"look at the guest's registers", DOMAIN_SEE, 0},
};

static void commit_faults(void)
{
    for (unsigned n = 0; n < sizeof faults / sizeof faults[0]; n++) {
        print("%s:\n", faults[n].name);
        const int64_t answer = ask(TEE_FAULT, faults[n].kind, faults[n].value);
        print("  answer %ld, then version %ld\n", answer, ask_version());
    }
}

/* The interrupt that waits, ended; 0 for none. */
static uint32_t take_interrupt(void)
{
    const uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
    if (intid == INTID_SPURIOUS)
        return 0;
    write_sysreg(icc_eoir1_el1, intid);
    isb();
    return intid;
}

/* What waits, without an end to it: a timer that is still on would ask again. */
static void wait_for_interrupt(void)
{
    while (read_sysreg(icc_hppir1_el1) == INTID_SPURIOUS)
        ;
}

/* Each timer's time comes while the domain computes: its interrupt is there afterwards, once. */
static void interrupt_the_domain(void)
{
    write_sysreg(cntv_tval_el0, SPIN_COUNTS / 2);
    write_sysreg(cntv_ctl_el0, 1);
    print("the domain computes %ld", ask(TEE_FAULT, DOMAIN_SPIN, SPIN_COUNTS));
    wait_for_interrupt();
    write_sysreg(cntv_ctl_el0, 0);
    print(", then interrupt %u", take_interrupt());
    write_sysreg(cntp_tval_el0, SPIN_COUNTS / 2);
    write_sysreg(cntp_ctl_el0, 1);
    const int64_t answer = ask(TEE_FAULT, DOMAIN_SPIN, SPIN_COUNTS);
    wait_for_interrupt();
    write_sysreg(cntp_ctl_el0, 0);
    const uint32_t intid = take_interrupt();
    print(", answer %ld, interrupt %u", answer, intid);
    print(", then %u\n", take_interrupt());
}

static void wait_for(volatile uint64_t *word, uint64_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
        ;
}

/* The second PE interrupts the first one while that is away, and then asks a domain that crashes under both. */
void client_second(void)
{
    __atomic_store_n(&arrived, 1, __ATOMIC_RELEASE);
    wait_for(&asked, 1);
    write_sysreg(icc_sgi1r_el1, SGI << 24 | 1);
    isb();
    wait_for(&asked, 2);
    for (unsigned n = 0; n < 4; n++)
        ask(TEE_VERSION, 0, 0);
    __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
    ask(PSCI_CPU_OFF, 0, 0);
}

static void use_two_pes(void)
{
    register uint64_t x0 asm("x0") = PSCI_CPU_ON;
    register uint64_t x1 asm("x1") = 1;
    register uint64_t x2 asm("x2") = (uint64_t)second;
    register uint64_t x3 asm("x3") = 0;
    asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    if (x0) {
        print("there is one PE\n");
        return;
    }
    wait_for(&arrived, 1);
    __atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
    const int64_t answer = ask(TEE_FAULT, DOMAIN_SPIN, SPIN_COUNTS);
    uint32_t intid;
    while (!(intid = take_interrupt()))
        ;
    print("answer %ld and SGI %u\n", answer, intid);
    __atomic_store_n(&asked, 2, __ATOMIC_RELEASE);
    ask(TEE_FAULT, TEE_RUN_ON, 0); /* the log says nothing of registers then, which depend on what the other PE has asked */
    wait_for(&finished, 1);
    print("both came back, then version %ld\n", ask_version());
}

/* Its timer calls the scheduler's domain, in the guest's time. */
static void ask_scheduler(void)
{
    const int64_t a = ask(COPROCESSOR_SUBMIT, 6, 1), b = ask(COPROCESSOR_SUBMIT, 6, 3);
    while (ask(COPROCESSOR_STATE, (uint64_t)a, 0) || ask(COPROCESSOR_STATE, (uint64_t)b, 0))
        ;
    print("jobs %ld and %ld have ended\n", a, b);
}

static int64_t control(uint64_t operation, const void *at, uint64_t size)
{
    return hypercall(NV_APPLICATION, operation, application_service("clock"), (uint64_t)at, size);
}

static void replace(void)
{
    const uint64_t size = (uint64_t)(image_end - image);
    const int64_t before = free_pages();
    print("half of the file %ld", control(APPLICATION_LOAD, image, 4096));
    print(", callers get %ld\n", ask(COPROCESSOR_STATE, 1, 0));
    print("the file %ld\n", control(APPLICATION_LOAD, image, size));
    ask_scheduler();
    print("pages lost: %ld\n", before - free_pages());
    print("unload %ld", control(APPLICATION_UNLOAD, 0, 0));
    print(", callers get %ld\n", ask(COPROCESSOR_STATE, 1, 0));
}

void client(void)
{
    *GICD_CTLR = 2; /* EnableGrp1 */
    *GICR_ISENABLER0 = 1u << VIRTUAL_TIMER | 1u << PHYSICAL_TIMER | 1u << SGI;
    write_sysreg(icc_pmr_el1, 0xff);
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    print("registers lost by an SMC: %u, by a write: %u", registers_lost(ask_version), registers_lost(write_register));
    print(", by a crash: %u\n", registers_lost(crash));
    print("general and FP registers lost: %lu", general_registers_lost(TEE_VERSION, 0, 0));
    print(", by a crash that FP causes: %lu\n", general_registers_lost(TEE_FAULT, DOMAIN_FP, 0));
    interrupt_the_domain();
    ask(TEE_FAULT, TEE_PANIC, 0); /* both counts of pages are of fresh domains */
    const int64_t before = free_pages();
    commit_faults();
    ask(TEE_FAULT, TEE_PANIC, 0);
    print("pages lost: %ld\n", before - free_pages());
    ask_scheduler();
    replace();
    use_two_pes();
    ask(PSCI_SYSTEM_OFF, 0, 0);
}
