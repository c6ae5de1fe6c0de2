/* The faults that the mediator commits as a domain: EL1 may do more than EL0, and none of it reaches anybody else. */
#include "app.h"
#include "domain.h"
#include "nanovisor.h"
#include "sysreg.h"
#include "tee.h"

uint64_t commit_fault(uint64_t kind, uint64_t value);
uint64_t commit_application_fault(uint64_t kind, uint64_t value);

static struct domain_ring *const ring = (struct domain_ring *)DOMAIN_RING;

static void overwrite_ring(uint64_t value)
{
    volatile uint64_t *words = (volatile uint64_t *)ring;
    for (unsigned n = 1; n < 4096 / sizeof *words; n++)
        words[n] = value;
}

static uint64_t see(void)
{
    return read_sysreg(tpidr_el0) | read_sysreg(tpidrro_el0) | read_sysreg(tpidr_el1) | read_sysreg(sp_el0) | read_sysreg(ttbr1_el1)
           | read_sysreg(contextidr_el1) | read_sysreg(amair_el1) | read_sysreg(esr_el1) | read_sysreg(far_el1) | read_sysreg(par_el1)
           | read_sysreg(cntkctl_el1) | read_sysreg(cntv_ctl_el0);
}

static uint64_t spin(uint64_t counts)
{
    const uint64_t start = read_sysreg(cntvct_el0);
    while (read_sysreg(cntvct_el0) - start < counts)
        isb();
    return 0;
}

uint64_t commit_fault(uint64_t kind, uint64_t value)
{
    switch (kind) {
    case TEE_SYSTEM_REGISTER: /* its own, so it may; two bits depend on whether EL0 could be AArch32 */
        return commit_application_fault(kind, value) & SCTLR_M;
    case TEE_MEET: /* there is one virtual CPU, on which nobody could come */
    case TEE_MEET_PANIC:
    case TEE_MEET_RUN_ON:
        return (uint64_t)NV_EINVAL;
    case DOMAIN_WAIT:
        for (;;)
            wfi();
    case DOMAIN_ANSWER_TOO_MANY:
        ring->answers += (uint32_t)value;
        app_call(DOMAIN_CALL_NOTIFY, (uint64_t[4]){0});
        return 0;
    case DOMAIN_OVERWRITE_RING:
        overwrite_ring(value);
        return 0;
    case DOMAIN_NOTIFY:
        return (uint64_t)app_call(DOMAIN_CALL_NOTIFY, (uint64_t[4]){0});
    case DOMAIN_SEND_SGI:
        write_sysreg(icc_sgi1r_el1, 1);
        return 0;
    case DOMAIN_VIRTUAL_TIMER:
        write_sysreg(cntv_tval_el0, 0);
        write_sysreg(cntv_ctl_el0, 1);
        return commit_application_fault(TEE_RUN_ON, 0);
    case DOMAIN_PHYSICAL_TIMER:
        write_sysreg(cntp_ctl_el0, 1);
        return 0;
    case DOMAIN_DEBUG:
        write_sysreg(dbgbcr0_el1, 0);
        return 0;
    case DOMAIN_FP:
        write_sysreg(cpacr_el1, CPACR_FPEN_NONE);
        isb();
        asm volatile(".inst 0x9e6703e0"); /* fmov d0, xzr */
        return 0;
    case DOMAIN_VECTORS:
        write_sysreg(vbar_el1, value);
        isb();
        asm volatile("svc #0");
        return 0;
    case DOMAIN_MMU_OFF:
        write_sysreg(sctlr_el1, SCTLR_RES1);
        isb();
        return *(volatile uint64_t *)value;
    case DOMAIN_RETURN:
        return (uint64_t)app_call(APP_CALL_RETURN, (uint64_t[4]){0});
    case DOMAIN_SEE:
        return see();
    case DOMAIN_SPIN:
        return spin(value);
    default:
        return commit_application_fault(kind, value);
    }
}
