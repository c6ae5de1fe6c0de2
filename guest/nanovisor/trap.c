#include "trap.h"
#include "el2.h"
#include "hyplets.h"
#include "interrupts.h"
#include "log.h"
#include "mmio.h"
#include "nanovisor-psci.h"
#include "pe.h"
#include "services.h"
#include "stage2.h"
#include "user.h"
#include "vgic.h"
#include "watch.h"

#define ORIGIN(vector) ((vector) & 0x600)
#define FROM_EL2t 0x000
#define FROM_EL2h 0x200
#define FROM_LOWER 0x400
#define KIND(vector) ((vector) & 0x180)
#define SYNCHRONOUS 0x000
#define SERROR 0x180

#define SPSR_MODE(spsr) ((spsr) & 0xf)
#define SPSR_PAN BIT(22)
#define VECTOR_FROM_EL1h 0x200
#define VECTOR_FROM_EL0 0x400

#define FSC_TYPE(esr) ((esr) & 0x3c)
#define FSC_TRANSLATION 0x04u
#define FSC_PERMISSION 0x0cu
#define FSC_EXTERNAL 0x10u

/* ISS of a trapped MSR or MRS: op0, op2, op1, CRn, CRm as the manual packs them; Rt and the direction apart. */
#define ISS_SYSREG(op0, op1, crn, crm, op2) ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define ISS_SYSREG_NAME 0x3ffc1eUL
#define ISS_SYSREG_READ BIT(0)
#define ISS_SYSREG_RT(esr) ((esr) >> 5 & 31)
#define ISS_SYSREG_OP0(esr) ((esr) >> 20 & 3)
#define ICC_SGI1R ISS_SYSREG(3UL, 0UL, 12UL, 11UL, 5UL)

extern char vectors[];

void trap_init(void)
{
    write_sysreg(vbar_el2, vectors);
    isb();
}

static bool same_level(uint64_t ec)
{
    return ec == 0x20 || ec == EC_DATA_ABORT_LOWER || ec == 0x30 || ec == 0x32 || ec == 0x34;
}

void trap_inject(struct frame *frame, uint64_t esr, uint64_t far)
{
    const uint64_t mode = SPSR_MODE(frame->spsr);
    if (mode != SPSR_EL0t && same_level(ESR_EC(esr)))
        esr += 1UL << 26; /* the class for "without a change of level" */
    write_el1(ESR, esr);
    write_el1(FAR, far);
    write_el1(ELR, frame->elr);
    write_el1(SPSR, frame->spsr);
    frame->elr = read_el1(VBAR) + (mode == SPSR_EL0t ? VECTOR_FROM_EL0 : mode == SPSR_EL1h ? VECTOR_FROM_EL1h : 0);
    frame->spsr = (frame->spsr & SPSR_PAN) | SPSR_DAIF | SPSR_EL1h;
    if (!(read_el1(SCTLR) & SCTLR_SPAN) && field(read_sysreg(id_aa64mmfr1_el1), 23, 20))
        frame->spsr |= SPSR_PAN;
}

static void inject_undefined(struct frame *frame)
{
    trap_inject(frame, ESR_IL, 0);
}

/* What the guest touched isn't there: as if the bus had answered so. */
static void inject_external_abort(struct frame *frame, uint64_t esr)
{
    const uint64_t kept = esr & (0x3fUL << 26 | ESR_IL | ESR_ABORT_WNR);
    trap_inject(frame, kept | FSC_EXTERNAL, read_sysreg(far_el2));
}

static void guest_abort(struct frame *frame, uint64_t esr)
{
    const uint64_t ipa = field(read_sysreg(hpfar_el2), 43, 4) << 12 | (read_sysreg(far_el2) & 0xfff);
    if (FSC_TYPE(esr) == FSC_PERMISSION && watch_touched(frame, ipa))
        return; /* again, now that it may */
    if (FSC_TYPE(esr) == FSC_TRANSLATION && stage2_is_ram(ipa, 1))
        return; /* its entry is just being made anew */
    const bool device = FSC_TYPE(esr) == FSC_TRANSLATION && ESR_EC(esr) == EC_DATA_ABORT_LOWER && !(esr & ESR_ABORT_S1PTW);
    if (!device || !mmio_serve(frame, esr, ipa))
        inject_external_abort(frame, esr);
}

/* Debug registers trap while HypRPC routes debug exceptions to us (MDCR_EL2.TDE implies it); the guest's don't take effect then. */
static void guest_sysreg(struct frame *frame, uint64_t esr)
{
    const unsigned rt = (unsigned)ISS_SYSREG_RT(esr);
    const bool read = esr & ISS_SYSREG_READ;
    if ((esr & ISS_SYSREG_NAME) == ICC_SGI1R && !read) {
        vgic_send_sgi(rt == 31 ? 0 : frame->x[rt]);
    } else if (ISS_SYSREG_OP0(esr) == 2) {
        if (read && rt != 31)
            frame->x[rt] = 0;
    } else {
        inject_undefined(frame);
        return;
    }
    trap_skip(frame);
}

static void guest_breakpoint(struct frame *frame, uint64_t esr)
{
    if ((esr & 0xffff) == HYPLET_RPC_BRK && SPSR_MODE(frame->spsr) == SPSR_EL0t) {
        trap_skip(frame);
        frame->x[0] = hyplets_rpc(frame->x[0], &frame->x[1]);
    } else {
        trap_inject(frame, esr, read_sysreg(far_el2));
    }
}

static void guest_trap(struct frame *frame, uint64_t esr)
{
    switch (ESR_EC(esr)) {
    case EC_HVC64:
        services_call(frame, BY_HVC);
        break;
    case EC_SMC64:
        trap_skip(frame); /* trapped, not executed: ELR is the SMC itself */
        services_call(frame, BY_SMC);
        break;
    case EC_BRK64:
        guest_breakpoint(frame, esr);
        break;
    case EC_DATA_ABORT_LOWER:
    case EC_INSTRUCTION_ABORT_LOWER:
        guest_abort(frame, esr);
        break;
    case EC_SYSREG:
        guest_sysreg(frame, esr);
        break;
    case 0x30: /* breakpoint, step, watchpoint: routed here by TDE, and the guest's */
    case 0x32:
    case 0x34:
        trap_inject(frame, esr, read_sysreg(far_el2));
        break;
    default:
        inject_undefined(frame);
    }
}

static void __attribute__((noreturn)) die(const struct frame *frame, uint64_t vector, uint64_t esr)
{
    log("PE %u: an error of the nanovisor's own: vector %lx ESR %lx FAR %lx pc %lx, called from %lx", this_pe()->index, vector, esr,
        read_sysreg(far_el2), frame->elr, frame->x[30]);
    power_off();
}

void trap_stack_overflow(uint64_t far)
{
    log("PE %u: the nanovisor's stack is used up: FAR %lx", this_pe()->index, far);
    power_off();
}

void trap(struct frame *frame, uint64_t vector)
{
    const uint64_t esr = read_sysreg(esr_el2);
    const bool called = this_pe()->user != 0 && ORIGIN(vector) != FROM_EL2h;
    if (KIND(vector) != SYNCHRONOUS && KIND(vector) != SERROR)
        interrupt_taken(frame);
    else if (called && KIND(vector) == SYNCHRONOUS)
        user_exception(frame, esr);
    else if (ORIGIN(vector) == FROM_LOWER && KIND(vector) == SYNCHRONOUS)
        guest_trap(frame, esr);
    else if (ORIGIN(vector) == FROM_LOWER)
        log("PE %u: SError from the guest: ESR %lx pc %lx", this_pe()->index, esr, frame->elr);
    else
        die(frame, vector, esr);
}
