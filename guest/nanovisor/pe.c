#include "pe.h"
#include "alarms.h"
#include "gicv3.h"
#include "guest.h"
#include "hyplets.h"
#include "layout.h"
#include "log.h"
#include "nanovisor-psci.h"
#include "pages.h"
#include "psci.h"
#include "stage1.h"
#include "stage2.h"
#include "trap.h"
#include "vgic.h"

#define AFFINITY_FIELDS 0xff00ffffffUL

extern char secondary_start[], __stacks[];
void nanovisor_secondary(unsigned index) __attribute__((noreturn));

struct pe pes[MAX_PES];
unsigned pe_count;

int pe_with_affinity(uint64_t affinity)
{
    for (unsigned n = 0; n < pe_count; n++)
        if (pes[n].mpidr == (affinity & AFFINITY_FIELDS))
            return (int)n;
    return -1;
}

struct pe *pe_named(int64_t pe)
{
    if (pe == -1)
        return this_pe();
    return pe >= 0 && pe < (int64_t)pe_count ? &pes[pe] : 0;
}

void *pe_stack_top(const struct pe *pe)
{
    return __stacks + (pe->index + 1UL) * STACK_SLOT;
}

static void init_hcr(void)
{
    write_sysreg(hcr_el2, HCR_RW /* EL1 is AArch64 */
                              | HCR_VM /* stage 2 */
                              | HCR_IMO /* physical interrupts come here, and the guest has the virtual CPU interface */
                              | HCR_FMO
                              | HCR_AMO /* and so do SErrors */
                              | HCR_TSC /* SMC is a call to us */
                              | HCR_APK | HCR_API /* pointer authentication is the guest's own affair */
                              | (vhe ? HCR_E2H : 0));
}

static void init_traps(void)
{
    write_sysreg(cptr_el2, vhe ? CPTR_E2H_FPEN : CPTR_RES1 | CPTR_TZ); /* FP is the guest's */
    write_sysreg(hstr_el2, 0);
    write_sysreg(mdcr_el2, field(read_sysreg(pmcr_el0), 15, 11)); /* HPMN: all event counters are the guest's */
    write_sysreg(cnthctl_el2, vhe ? CNTHCTL_E2H_EL1PCTEN | CNTHCTL_E2H_EL1PCEN /* counter and timer are the guest's */
                                        | CNTHCTL_E2H_EL0PCTEN | CNTHCTL_E2H_EL0VCTEN /* guarded code reads the counters */
                                  : CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
    write_sysreg(cntvoff_el2, 0); /* virtual time is physical time, so that a hyplet and its owner have the same */
    write_sysreg(vpidr_el2, read_sysreg(midr_el1));
    write_sysreg(vmpidr_el2, read_sysreg(mpidr_el1));
}

void pe_init(unsigned index)
{
    struct pe *pe = &pes[index];
    pe->index = index;
    pe->mpidr = read_sysreg(mpidr_el1) & AFFINITY_FIELDS;
    write_sysreg(tpidr_el2, pe);
    trap_init();
    init_hcr();
    init_traps();
    write_sysreg(icc_sre_el2, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE);
    isb();
}

/* What every PE does once the tables are there: the first after it has made them, the others on their way here. */
void pe_join(void)
{
    stage1_use(0, 0);
    gicv3_init_pe();
    alarms_init_pe();
    stage2_init_pe();
    vgic_init_pe();
}

void pe_start_others(void)
{
    for (unsigned n = 1; n < pe_count; n++) {
        const int64_t error = firmware_call(PSCI_CPU_ON, pes[n].mpidr, phys(secondary_start), n);
        if (error)
            log("PE %u doesn't start: PSCI says %ld", n, error);
        while (!error && __atomic_load_n(&pes[n].state, __ATOMIC_ACQUIRE) == PE_ABSENT)
            ;
    }
}

void nanovisor_secondary(unsigned index)
{
    pe_init(index);
    pe_join();
    __atomic_store_n(&pes[index].state, PE_OFF, __ATOMIC_RELEASE);
    pe_wait_off();
}

void pe_wait_off(void)
{
    struct pe *pe = this_pe();
    for (;;) {
        if (__atomic_load_n(&pe->state, __ATOMIC_ACQUIRE) == PE_STARTING) {
            pe->state = PE_ON;
            guest_start_pe(pe->entry, pe->context);
        }
        if (!hyplets_run_offlet())
            wfi();
        asm volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" : : : "memory"); /* what woke us is handled here */
    }
}
