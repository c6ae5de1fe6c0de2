/*
 * The built-in demonstration: brings up MMU, exceptions, GIC, timer and UART at EL1, and says what it sees. It prints relations, never
 * raw times, so that its output is the same on every machine with the same core.
 */
#include "exceptions.h"
#include "fdt.h"
#include "gic.h"
#include "mmu.h"
#include "print.h"
#include "psci.h"
#include "runtime.h"
#include "semihosting.h"
#include "sysreg.h"
#include "timer.h"
#include "virt.h"

#define UNMAPPED 0x7f00000000UL
#define TICKS 5
#define SGI 3u

static struct exception_frame last;       /* the last synchronous exception */
static volatile unsigned ticks;           /* timer interrupts taken */
static volatile unsigned early_ticks;     /* of those, before their time */
static volatile unsigned last_timer_intid;
static volatile unsigned sgis;
static volatile unsigned last_sgi_intid;
static volatile uint64_t next_tick;
static uint64_t period;

static void on_interrupt(void)
{
    const uint32_t intid = gic_acknowledge();
    if (intid == VIRT_INTID_VIRTUAL_TIMER) {
        if (timer_now() < next_tick)
            early_ticks++;
        last_timer_intid = intid;
        next_tick += period;
        if (++ticks < TICKS)
            timer_fire_at(next_tick);
        else
            timer_stop();
    } else if (intid < 16) {
        last_sgi_intid = intid;
        sgis++;
    }
    if (intid != INTID_SPURIOUS)
        gic_end(intid);
}

static void on_exception(struct exception_frame *frame)
{
    if (VECTOR_KIND(frame->vector) == VECTOR_IRQ) {
        on_interrupt();
        return;
    }
    last = *frame;
    switch (ESR_EC(frame->esr)) {
    case EC_SVC64:
        frame->x[0] += 1; /* the answer; ELR is already past the SVC */
        break;
    case EC_DATA_ABORT:
        frame->elr += 4; /* go on after the load */
        break;
    default:
        exceptions_die(frame);
    }
}

static const char *core_name(uint64_t midr)
{
    static const struct {
        unsigned part;
        const char *name;
    } arm_cores[] = {
        {0xd03, "Cortex-A53"}, {0xd07, "Cortex-A57"}, {0xd08, "Cortex-A72"}, {0xd0b, "Cortex-A76"}, {0xd0c, "Neoverse N1"},
    };
    for (unsigned i = 0; field(midr, 31, 24) == 0x41 && i < sizeof arm_cores / sizeof arm_cores[0]; i++)
        if (arm_cores[i].part == field(midr, 15, 4))
            return arm_cores[i].name;
    return "a core of another name";
}

static const char *yes(uint64_t feature)
{
    return feature ? "yes" : "no";
}

static void show_core(void)
{
    static const unsigned address_bits[] = {32, 36, 40, 42, 44, 48, 52, 56};
    const uint64_t midr = read_sysreg(midr_el1);
    const uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1);
    const uint64_t isar0 = read_sysreg(id_aa64isar0_el1);
    const uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);

    print("core       %s (MIDR %08lx), affinity %lu.%lu.%lu\n", core_name(midr), midr, field(read_sysreg(mpidr_el1), 23, 16),
          field(read_sysreg(mpidr_el1), 15, 8), field(read_sysreg(mpidr_el1), 7, 0));
    print("levels     EL0 EL1%s%s; started at EL%u, now at EL%lu\n", field(pfr0, 11, 8) ? " EL2" : "", field(pfr0, 15, 12) ? " EL3" : "",
          runtime_started_at_el, field(read_sysreg(CurrentEL), 3, 2));
    print("has        AES %s, PMULL %s, SHA1 %s, SHA256 %s, CRC32 %s, LSE %s, FP16 %s\n", yes(field(isar0, 7, 4)),
          yes(field(isar0, 7, 4) >= 2), yes(field(isar0, 11, 8)), yes(field(isar0, 15, 12)), yes(field(isar0, 19, 16)),
          yes(field(isar0, 23, 20)), yes(field(pfr0, 19, 16) == 1));
    print("memory     %u-bit physical addresses, pages of 4K%s%s, cache lines of %lu bytes\n", address_bits[field(mmfr0, 2, 0)],
          field(mmfr0, 23, 20) ? " 16K" : "", field(mmfr0, 27, 24) == 0 ? " 64K" : "", 4UL << field(read_sysreg(ctr_el0), 19, 16));
    print("mmu        %s, data cache %s, instruction cache %s\n", read_sysreg(sctlr_el1) & SCTLR_M ? "on" : "off",
          read_sysreg(sctlr_el1) & SCTLR_C ? "on" : "off", read_sysreg(sctlr_el1) & SCTLR_I ? "on" : "off");
}

static void show_exceptions(void)
{
    register uint64_t x0 asm("x0") = 41;
    uint64_t loaded;

    asm volatile("svc #42" : "+r"(x0) : : "memory");
    print("svc        ESR %08lx: class %02lx (SVC), immediate %lu; x0 41 -> %lu\n", last.esr, ESR_EC(last.esr), ESR_ISS(last.esr), x0);

    asm volatile("ldr %0, [%1]" : "=r"(loaded) : "r"(UNMAPPED) : "memory");
    print("data abort ESR %08lx: class %02lx (same level), %s, fault status %02lx (translation, level %lu), FAR %lx\n", last.esr,
          ESR_EC(last.esr), last.esr & BIT(6) ? "write" : "read", field(last.esr, 5, 0), field(last.esr, 1, 0), last.far);
}

static void show_interrupts(void)
{
    gic_init();
    gic_init_pe();
    print("gic        GICv%u, %u SPIs\n", gic_revision(), gic_spi_count());

    gic_enable(SGI);
    gic_send_sgi(SGI, 0);
    while (!sgis)
        interrupts_wait();
    print("sgi        sent INTID %u to myself, took INTID %u\n", SGI, last_sgi_intid);

    period = timer_frequency() / 1000;
    gic_enable(VIRT_INTID_VIRTUAL_TIMER);
    next_tick = timer_now() + period;
    timer_fire_at(next_tick);
    while (ticks < TICKS)
        interrupts_wait();
    print("timer      %lu.%lu MHz; INTID %u: %u interrupts 1 ms apart, %u early\n", timer_frequency() / 1000000,
          timer_frequency() / 100000 % 10, last_timer_intid, ticks, early_ticks);
}

int main(void)
{
    static const char *const conduits[] = {"none", "HVC", "SMC"};

    print("Trapeze demo: bare metal at EL1\n");
    exceptions_handle_with(on_exception);
    show_core();
    show_exceptions();
    show_interrupts();
    print("tree       %s\n", fdt_address() ? "found" : "none");
    if (psci_conduit() == PSCI_NONE) {
        print("psci       none: leaving through semihosting\n");
        return 0;
    }
    const int64_t version = psci_call(PSCI_VERSION, 0, 0, 0);
    print("psci       %ld.%ld through %s\n", version >> 16, version & 0xffff, conduits[psci_conduit()]);
    print("power off\n");
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    print("still on after SYSTEM_OFF\n");
    return 1;
}
