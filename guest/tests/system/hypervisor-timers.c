/*
 * EL2's timers and EL1's as a hypervisor sees them: CNTVOFF_EL2, CNTHP with its interrupt, CNTHV, redirection by HCR_EL2.E2H and
 * the EL02 names, what HCR_EL2 changes in the counters. Needs virtualization=on. Prints relations only.
 */
#include "../hypervisor.h"
#include "exceptions.h"
#include "gic.h"
#include "print.h"
#include "timer.h"
#include "virt.h"

#define HCR_IMO BIT(4)
#define HCR_E2H BIT(34)
#define INTID_CNTHP 26u
/* The names of EL2's virtual timer and of EL02 are Armv8.1's. */
asm(".arch armv8.1-a");

static volatile uint64_t taken[64];
static volatile unsigned unexpected;

void el2_taken(struct el2_frame *frame, uint64_t vector)
{
    if ((vector & 0x180) == 0) {
        if (!hypervisor_called(frame)) {
            unexpected++;
            write_sysreg(elr_el2, read_sysreg(elr_el2) + 4);
        }
        return;
    }
    const uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
    if (intid < 64)
        taken[intid]++;
    if (intid == INTID_CNTHP)
        write_sysreg(cnthp_ctl_el2, TIMER_ENABLE | TIMER_IMASK);
    if (intid == VIRT_INTID_VIRTUAL_TIMER)
        write_sysreg(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    if (intid == VIRT_INTID_PHYSICAL_TIMER)
        write_sysreg(cntp_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    isb();
    write_sysreg(icc_eoir1_el1, intid);
    isb();
}

static void on_exception(struct exception_frame *frame)
{
    exceptions_die(frame);
}

ACCESSORS(cntvoff_el2)
ACCESSORS(cnthctl_el2)
ACCESSORS(cnthp_ctl_el2)
ACCESSORS(cnthp_cval_el2)
ACCESSORS(cnthp_tval_el2)
ACCESSORS(cnthv_ctl_el2)
ACCESSORS(cnthv_cval_el2)
ACCESSORS(cnthv_tval_el2)
ACCESSORS(hcr_el2)
READER(cntvct_el0)
READER(cntpct_el0)

static int near(uint64_t a, uint64_t b)
{
    return a - b < 100 * 62500; /* 100 ms: machines differ in speed */
}

static void show_offset(void)
{
    static const uint64_t offsets[] = {0, 1UL << 32, 1UL << 63, ~0UL << 20};
    for (unsigned n = 0; n < 4; n++) {
        SET(cntvoff_el2, offsets[n]);
        const uint64_t physical = read_sysreg(cntpct_el0);
        isb();
        const uint64_t virtual_count = timer_now();
        print("CNTVOFF %016lx: CNTVCT is CNTPCT less it %d, at EL2 %d\n", GET(cntvoff_el2), near(virtual_count + offsets[n], physical),
              near(GET(cntvct_el0) + offsets[n], physical));
        write_sysreg(cntv_cval_el0, timer_now() + (1UL << 40));
        write_sysreg(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
        isb();
        print("  compare value ahead: ctl %lx", read_sysreg(cntv_ctl_el0));
        /* The offset moves the count past the compare value. */
        SET(cntvoff_el2, offsets[n] - (1UL << 41));
        print(", with the count moved on: %lx\n", read_sysreg(cntv_ctl_el0));
        write_sysreg(cntv_ctl_el0, 0);
    }
    SET(cntvoff_el2, 0);
}

/* Goes on at EL1 until INTID has come at EL2. */
static void wait_for(const char *what, uint32_t intid)
{
    const uint64_t limit = timer_now() + 2 * timer_frequency();
    while (!taken[intid] && timer_now() < limit)
        asm volatile("" : : : "memory");
    print("%-44s INTID %u taken at EL2: %lu\n", what, intid, taken[intid]);
    taken[intid] = 0;
}

static void sleep_for(const char *what, uint32_t intid)
{
    while (!taken[intid])
        wfi(); /* at EL1; the interrupt goes to EL2 and comes back here */
    print("%-44s INTID %u taken at EL2: %lu\n", what, intid, taken[intid]);
    taken[intid] = 0;
}

static void show_interrupts(int host_extensions)
{
    SET(hcr_el2, HCR_PLAIN | HCR_IMO);
    SET(cnthp_tval_el2, 1000);
    SET(cnthp_ctl_el2, TIMER_ENABLE);
    wait_for("CNTHP", INTID_CNTHP);
    print("  ctl %lx\n", GET(cnthp_ctl_el2));
    SET(cnthp_tval_el2, 100000);
    SET(cnthp_ctl_el2, TIMER_ENABLE);
    sleep_for("CNTHP ends WFI", INTID_CNTHP);
    SET(cnthp_ctl_el2, 0);
    write_sysreg(cntv_tval_el0, 100000);
    write_sysreg(cntv_ctl_el0, TIMER_ENABLE);
    sleep_for("CNTV ends WFI", VIRT_INTID_VIRTUAL_TIMER);
    print("  ctl %lx\n", read_sysreg(cntv_ctl_el0));
    write_sysreg(cntv_ctl_el0, 0);
    write_sysreg(cntp_tval_el0, 100000);
    write_sysreg(cntp_ctl_el0, TIMER_ENABLE);
    sleep_for("CNTP ends WFI", VIRT_INTID_PHYSICAL_TIMER);
    write_sysreg(cntp_ctl_el0, 0);
    if (!host_extensions)
        return;
    /* CNTVOFF_EL2 isn't the business of EL2's own virtual timer. QEMU 7.2's board doesn't connect that one's interrupt. */
    SET(cntvoff_el2, 1UL << 40);
    SET(cnthv_cval_el2, GET(cntpct_el0) + (1UL << 36));
    SET(cnthv_ctl_el2, TIMER_ENABLE | TIMER_IMASK);
    print("CNTHV ahead: ctl %lx", GET(cnthv_ctl_el2));
    SET(cnthv_cval_el2, GET(cntpct_el0));
    print(", there: ctl %lx\n", GET(cnthv_ctl_el2));
    SET(cnthv_ctl_el2, 0);
    SET(cntvoff_el2, 0);
}

/* At EL2 with E2H: CNTP and CNTV names are EL2's, EL02 names EL1's. */
static uint64_t results[12];
static uint64_t redirect(uint64_t unused)
{
    (void)unused;
    const uint64_t hcr = read_sysreg(hcr_el2);
    write_sysreg(hcr_el2, hcr | HCR_E2H);
    isb();
    write_sysreg(cntp_cval_el0, 0x111);
    write_sysreg(cntv_cval_el0, 0x222);
    write_sysreg(cntp_cval_el02, 0x333);
    write_sysreg(cntv_cval_el02, 0x444);
    write_sysreg(cntv_ctl_el02, TIMER_IMASK);
    write_sysreg(cntkctl_el12, 0x2fc);
    isb();
    results[0] = read_sysreg(cnthp_cval_el2);
    results[1] = read_sysreg(cnthv_cval_el2);
    results[2] = read_sysreg(cntkctl_el1); /* CNTHCTL_EL2 here */
    const uint64_t virtual_count = read_sysreg(cntvct_el0), physical = read_sysreg(cntpct_el0);
    results[3] = near(physical, virtual_count); /* no offset at EL2 with E2H */
    write_sysreg(hcr_el2, hcr);
    isb();
    results[4] = near(read_sysreg(cntpct_el0), read_sysreg(cntvct_el0));
    results[5] = read_sysreg(cntp_cval_el0);
    results[6] = read_sysreg(cntv_cval_el0);
    results[7] = read_sysreg(cntv_ctl_el0) & 3;
    results[8] = read_sysreg(cntkctl_el1);
    return 0;
}

static void show_redirection(void)
{
    SET(cntvoff_el2, 1UL << 40);
    SET(cnthctl_el2, 3);
    at_el2(redirect, 0);
    print("E2H: CNTHP_CVAL %lx CNTHV_CVAL %lx CNTKCTL %lx, CNTVCT has no offset %lu\n", results[0], results[1], results[2], results[3]);
    print("without: no offset %lu, CNTP_CVAL %lx CNTV_CVAL %lx CNTV_CTL %lx CNTKCTL %lx\n", results[4], results[5], results[6], results[7],
          results[8]);
    SET(cntvoff_el2, 0);
}

static uint64_t start_hypervisor(uint64_t unused)
{
    (void)unused;
    write_sysreg(icc_ctlr_el1, 0);
    write_sysreg(icc_pmr_el1, 0xf8);
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    return 0;
}

int main(void)
{
    const int host_extensions = field(read_sysreg(id_aa64mmfr1_el1), 11, 8) != 0;
    exceptions_handle_with(on_exception);
    gic_init();
    gic_init_pe();
    gic_enable(INTID_CNTHP);
    gic_enable(VIRT_INTID_VIRTUAL_TIMER);
    gic_enable(VIRT_INTID_PHYSICAL_TIMER);
    at_el2(start_hypervisor, 0);
    show_offset();
    show_interrupts(host_extensions);
    if (host_extensions)
        show_redirection();
    print("other exceptions at EL2: %u\n", unexpected);
    return 0;
}
