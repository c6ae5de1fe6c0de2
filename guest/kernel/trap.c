/* Exceptions from EL0, from vectors.S: who serves them, and what ends a process. */
#include "fp.h"
#include "interrupts.h"
#include "lock.h"
#include "print.h"
#include "process.h"
#include "scheduler.h"
#include "syscall.h"
#include "system_calls.h"
#include "trap.h"

#define EC_FP_TRAP 0x07u

static const char *class_name(unsigned class)
{
    static const char *const names[64] = {
        [0x00] = "undefined instruction", [0x01] = "trapped WFI or WFE", [0x0d] = "branch target", [0x0e] = "illegal state",
        [0x16] = "HVC", [0x17] = "SMC", [0x18] = "trapped system register", [0x1c] = "pointer authentication",
        [0x20] = "instruction abort", [0x22] = "pc alignment", [0x24] = "data abort", [0x26] = "SP alignment",
        [0x2c] = "floating point", [0x30] = "breakpoint", [0x32] = "software step", [0x34] = "watchpoint", [0x3c] = "BRK",
    };
    return names[class] ? names[class] : "exception";
}

/* The address is the exception's own only where FAR_EL1 is written (Arm ARM D19.2, FAR_EL1). */
static int has_address(unsigned class)
{
    return class == 0x20 || class == 0x22 || class == 0x24 || class == 0x34;
}

static void fault(struct thread *thread, uint64_t esr)
{
    const struct process *process = thread->process;
    const unsigned class = ESR_EC(esr);
    print("kernel: process %u (%s) ended by %s: ESR %lx, pc %lx", process->pid, process->name, class_name(class), esr, thread->frame.pc);
    if (has_address(class))
        print(", address %lx", read_sysreg(far_el1));
    print("\n");
    process_end(thread->process, STATUS_FAULT);
}

struct frame *user_synchronous(struct frame *frame)
{
    struct thread *thread = (struct thread *)frame;
    const uint64_t esr = read_sysreg(esr_el1);
    lock();
    if (ESR_EC(esr) == EC_SVC64)
        system_call_serve(thread);
    else if (ESR_EC(esr) == EC_FP_TRAP)
        fp_take(thread);
    else
        fault(thread, esr);
    struct frame *next = schedule();
    unlock();
    return next;
}

struct frame *user_interrupt(struct frame *frame)
{
    (void)frame;
    lock();
    interrupts_serve();
    struct frame *next = schedule();
    unlock();
    return next;
}
