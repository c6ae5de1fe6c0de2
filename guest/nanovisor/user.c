#include "user.h"
#include "alarms.h"
#include "layout.h"
#include "log.h"
#include "pe.h"
#include "space.h"
#include "stage1.h"
#include "stage2.h"

#define ESR_BRK_OR_SVC_IMMEDIATE(esr) ((esr) & 0xffff)

uint64_t user_enter_guarded(uint64_t entry, uint64_t stack, const uint64_t x[8], uint64_t *unwind);
uint64_t user_enter_classic(uint64_t entry, uint64_t stack, const uint64_t x[8], uint64_t *unwind);
uint64_t user_enter_domain(const struct frame *frame, uint64_t, uint64_t, uint64_t *unwind);
void user_unwind(uint64_t result, uint64_t unwind) __attribute__((noreturn));
void fp_registers_save(uint64_t area[FP_AREA]);
void fp_registers_load(const uint64_t area[FP_AREA]);
void fp_clear(void);

static struct alarm budgets[MAX_PES];
static volatile bool over[MAX_PES]; /* the budget of the call under way is used up */

static void ring_budget(struct alarm *alarm)
{
    (void)alarm;
    over[this_pe()->index] = true;
}

/* FP and SIMD trap at EL2t and EL0: a call that uses none pays for none. */
static void fp_trap(bool trap)
{
    if (vhe)
        write_sysreg(cptr_el2, trap ? 0 : CPTR_E2H_FPEN);
    else
        write_sysreg(cptr_el2, CPTR_RES1 | CPTR_TZ | (trap ? CPTR_TFP : 0));
}

static void fp_give(struct pe *pe)
{
    fp_trap(false);
    isb();
    fp_registers_save(pe->guest_fp);
    fp_clear();
    pe->fp_saved = true;
}

static void fp_take_back(struct pe *pe)
{
    fp_trap(false);
    if (!pe->fp_saved)
        return;
    isb();
    fp_registers_load(pe->guest_fp);
    pe->fp_saved = false;
}

/*
 * EL0 is ours: its exceptions come here. With E2H it translates as EL2 does, with EL0's permissions. Without, TGE turns stage 1 off
 * (SCTLR_EL1.M counts as 0), and the space is a stage 2; DC makes memory Write-Back, which would be Device otherwise.
 */
static void take_el0(const struct space *space)
{
    if (space->by_stage2)
        stage2_use(space->root, space->asid);
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_TGE | (vhe ? 0 : HCR_DC));
    isb();
}

static void give_el0_back(const struct space *space)
{
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) & ~(HCR_TGE | (vhe ? 0 : HCR_DC)));
    if (space->by_stage2)
        stage2_use_guest();
    isb();
}

uint64_t user_call(struct user *user)
{
    struct pe *pe = this_pe();
    const uint64_t sp_el0 = read_sysreg(sp_el0);
    const bool guarded = user->mode == HYPLET_GUARDED;
    uint64_t result;

    user->end = 0;
    if (!space_use(user->space)) {
        user->end = HYPLET_END_RESET;
        return 0;
    }
    pe->user = user;
    over[pe->index] = false;
    if (user->budget) {
        budgets[pe->index].ring = ring_budget;
        alarm_set(&budgets[pe->index], counter() + user->budget);
    }
    fp_trap(true);
    if (user->resume) {
        result = user_enter_domain(user->resume, 0, 0, &user->unwind);
    } else if (guarded) {
        take_el0(user->space);
        result = user_enter_guarded(user->entry, user->stack, user->x, &user->unwind);
        give_el0_back(user->space);
    } else {
        result = user_enter_classic(user->entry, user->stack, user->x, &user->unwind);
    }
    pe->user = 0;
    fp_take_back(pe);
    alarm_cancel(&budgets[pe->index]);
    if (!user->resume)
        write_sysreg(sp_el0, sp_el0);
    return result;
}

void user_finish(uint32_t end, uint64_t result)
{
    struct user *user = this_pe()->user;
    user->end = end;
    write_sysreg(spsel, 1);
    user_unwind(result, user->unwind);
}

/* Whether FAR_EL2 belongs to the exception: aborts of instructions and data, and misaligned pc. */
static bool has_address(uint64_t esr)
{
    const uint64_t class = ESR_EC(esr);
    return class == 0x20 || class == 0x21 || class == 0x22 || class == 0x24 || class == 0x25;
}

/* The instruction syndrome of a data abort is only defined for stage 2. */
static uint64_t defined_bits(uint64_t esr)
{
    return ESR_EC(esr) == EC_DATA_ABORT || ESR_EC(esr) == EC_DATA_ABORT_LOWER ? esr & ~ESR_ABORT_SYNDROME : esr;
}

static void end_with(struct frame *frame, uint32_t why, uint64_t esr)
{
    struct user *user = this_pe()->user;
    user->last = *frame;
    user->esr = defined_bits(esr);
    user->far = has_address(esr) ? read_sysreg(far_el2) : 0;
    user_finish(why, 0);
}

static void system_call(struct user *user, struct frame *frame, uint64_t esr)
{
    const unsigned immediate = ESR_BRK_OR_SVC_IMMEDIATE(esr);
    if (immediate == 0 && user->mode == HYPLET_GUARDED && frame->elr == TRAMPOLINE_RETURN)
        user_finish(0, frame->x[0]);
    if (!user->service || !user->service(user, frame, immediate))
        end_with(frame, HYPLET_END_SYSCALL, esr);
}

void user_exception(struct frame *frame, uint64_t esr)
{
    struct pe *pe = this_pe();
    const bool call = ESR_EC(esr) == EC_HVC64 || ESR_EC(esr) == EC_SMC64;
    if (pe->user->trapped) {
        if (!pe->user->trapped(pe->user, frame, esr))
            end_with(frame, call ? HYPLET_END_SYSCALL : HYPLET_END_FAULT, esr);
        return;
    }
    switch (ESR_EC(esr)) {
    case EC_FP:
        if (pe->fp_saved)
            end_with(frame, HYPLET_END_FAULT, esr); /* not FP itself, but what we don't give */
        fp_give(pe);
        return;
    case EC_SVC64:
        system_call(pe->user, frame, esr);
        return;
    case EC_HVC64:
    case EC_SMC64:
        end_with(frame, HYPLET_END_SYSCALL, esr);
        return;
    case EC_WFX:
        trap_skip(frame); /* waiting is allowed to be short */
        return;
    default:
        end_with(frame, HYPLET_END_FAULT, esr);
    }
}

void user_check(struct frame *frame)
{
    struct pe *pe = this_pe();
    if (!pe->user)
        return;
    const uint64_t *keep = pe->user->keep;
    if (space_ending(pe->user->space) || (keep && !__atomic_load_n(keep, __ATOMIC_SEQ_CST)))
        end_with(frame, HYPLET_END_RESET, 0);
    if (over[pe->index])
        end_with(frame, HYPLET_END_BUDGET, 0);
}

void user_report(const struct user *user, const char *who, uint64_t owner)
{
    static const char *const why[] = {"nothing", "a fault", "a system call", "its budget", "its owner's end"};
    const struct frame *f = &user->last;
    const bool fault = user->end == HYPLET_END_FAULT || user->end == HYPLET_END_SYSCALL;
    lock(&log_lock);
    print("nanovisor: %s %lu ended by %s\n", who, owner, why[user->end]);
    if (fault) /* otherwise an interrupt found it somewhere */
        print("  ESR %08lx FAR %016lx pc %016lx\n", user->esr, user->far, f->elr);
    for (unsigned i = 0; fault && i < 31; i++)
        print("  x%-2u %016lx%s", i, f->x[i], i % 4 == 3 || i == 30 ? "\n" : "");
    unlock(&log_lock);
}
