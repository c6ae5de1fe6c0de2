/*
 * Round trips between exception levels, a trapped register, and switches of context, each between markers. Starts at EL3: run with
 * -M virt,secure=on,virtualization=on. What it prints are the handlers' counts, which are the same on every machine.
 */
#include "crossings.h"
#include "exceptions.h"
#include "lab.h"
#include "mmu.h"
#include "print.h"
#include "sysreg.h"

#define ROUNDS 200u
#define HCR_TID3 BIT(18)

static char el2_stack[4096] __attribute__((aligned(16)));

static void report(unsigned crossing, const char *name, uint64_t count)
{
    lab_note(crossing, count);
    print("%-28s %u rounds, %lu served\n", name, ROUNDS, count);
}

/* The runtime's vectors save everything and call this; x1 counts, and x2 isn't 0 for the last one. */
static void on_svc(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_SVC64)
        exceptions_die(frame);
    frame->x[1]++;
    if (frame->x[2]) {
        frame->x[1]--;
        frame->elr = (uint64_t)user_leave;
        frame->spsr = SPSR_DAIF | SPSR_EL1h;
    }
}

static void supervisor_calls(void)
{
    const uint64_t vbar = read_sysreg(vbar_el1);
    write_sysreg(vbar_el1, el1_plain_vectors);
    isb();
    report(CROSSING_SVC, "SVC", user_svcs(ROUNDS, CROSSING_SVC));
    write_sysreg(vbar_el1, vbar);
    isb();
    exceptions_handle_with(on_svc);
    report(CROSSING_SVC_SAVED, "SVC, registers saved", user_svcs(ROUNDS, CROSSING_SVC_SAVED));
}

/* HVC: x2 is a routine that EL2 runs. */
static void at_el2(const char *routine, uint64_t x3_value, uint64_t x4_value)
{
    register uint64_t x2 asm("x2") = (uint64_t)routine;
    register uint64_t x3 asm("x3") = x3_value;
    register uint64_t x4 asm("x4") = x4_value;
    asm volatile("hvc #0" : "+r"(x4) : "r"(x2), "r"(x3) : "x16", "x17", "cc", "memory");
}

static uint64_t hypervisor_calls(unsigned crossing)
{
    register uint64_t x0 asm("x0") = crossing;
    register uint64_t x1 asm("x1") = 0;
    register uint64_t x2 asm("x2") = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        asm volatile("hint #0x50\n\thvc #0\n\thint #0x51" : "+r"(x1) : "r"(x0), "r"(x2) : "cc", "memory");
    return x1;
}

static uint64_t monitor_calls(unsigned crossing)
{
    register uint64_t x0 asm("x0") = crossing;
    register uint64_t x1 asm("x1") = 0;
    register uint64_t x2 asm("x2") = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        asm volatile("hint #0x50\n\tsmc #0\n\thint #0x51" : "+r"(x1) : "r"(x0), "r"(x2) : "cc", "memory");
    return x1;
}

static uint64_t trapped_reads(unsigned crossing)
{
    uint64_t sum = 0;
    register uint64_t x0 asm("x0") = crossing;
    register uint64_t x1 asm("x1") = 0;
    register uint64_t x3 asm("x3");
    for (unsigned i = 0; i < ROUNDS; i++) {
        asm volatile("hint #0x50\n\tmrs x3, id_aa64isar0_el1\n\thint #0x51"
                     : "+r"(x1), "=r"(x3)
                     : "r"(x0)
                     : "x16", "x17", "cc", "memory");
        sum += x3;
    }
    return sum == ROUNDS * 0x1234ul ? x1 : 0;
}

static void hypervisor(void)
{
    report(CROSSING_HVC, "HVC", hypervisor_calls(CROSSING_HVC));
    at_el2(el2_use_vectors, (uint64_t)el2_saving_vectors, (uint64_t)(el2_stack + sizeof el2_stack));
    report(CROSSING_HVC_SAVED, "HVC, registers saved", hypervisor_calls(CROSSING_HVC_SAVED));
    at_el2(el2_use_vectors, (uint64_t)el2_trap_vectors, (uint64_t)(el2_stack + sizeof el2_stack));
    at_el2(el2_set_hcr, HCR_TID3, 0);
    report(CROSSING_TRAPPED_REGISTER, "trapped register", trapped_reads(CROSSING_TRAPPED_REGISTER));
}

static struct context contexts[2];
static char stack[8192] __attribute__((aligned(16)));
static volatile uint64_t switches;

static void make_spaces(void)
{
    for (unsigned n = 0; n < 2; n++) {
        uint64_t *const root = mmu_new_table();
        for (unsigned i = 0; i < 512; i++)
            root[i] = mmu_root[i];
        contexts[n].ttbr0 = (uint64_t)root | (n + 1UL) << 48;
    }
    dsb_ish();
}

/* Pages of the image are global: what changes is the table and the ASID. */
static uint64_t address_spaces(unsigned crossing)
{
    const uint64_t before = read_sysreg(ttbr0_el1);
    uint64_t right = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint64_t ttbr0 = contexts[i % 2].ttbr0;
        lab_begin(crossing);
        write_sysreg(ttbr0_el1, ttbr0);
        isb();
        lab_end(crossing);
        right += read_sysreg(ttbr0_el1) == ttbr0;
    }
    write_sysreg(ttbr0_el1, before);
    isb();
    return right;
}

/* The other thread: each switch to it ends a crossing, and each switch back begins one. */
static void other(void)
{
    for (;;) {
        lab_end(CROSSING_SWITCH);
        switches++;
        lab_begin(CROSSING_SWITCH);
        switch_context(&contexts[1], &contexts[0]);
    }
}

static void other_fp(void)
{
    for (;;) {
        lab_end(CROSSING_SWITCH_FP);
        switches++;
        lab_begin(CROSSING_SWITCH_FP);
        switch_context_fp(&contexts[1], &contexts[0]);
    }
}

static uint64_t ping_pong(unsigned crossing, void (*thread)(void), void (*change)(struct context *, struct context *))
{
    switches = 0;
    contexts[1].x19_to_x30[0] = (uint64_t)thread;
    contexts[1].x19_to_x30[11] = (uint64_t)thread_start;
    contexts[1].sp = (uint64_t)(stack + sizeof stack);
    for (unsigned i = 0; i < ROUNDS / 2; i++) {
        lab_begin(crossing);
        change(&contexts[0], &contexts[1]);
        lab_end(crossing);
        switches++;
    }
    return switches;
}

int main(void)
{
    make_spaces();
    supervisor_calls();
    report(CROSSING_SMC, "SMC", monitor_calls(CROSSING_SMC));
    hypervisor();
    report(CROSSING_TTBR, "TTBR0_EL1 write and ISB", address_spaces(CROSSING_TTBR));
    report(CROSSING_SWITCH, "switch of context", ping_pong(CROSSING_SWITCH, other, switch_context));
    report(CROSSING_SWITCH_FP, "switch of context with FP", ping_pong(CROSSING_SWITCH_FP, other_fp, switch_context_fp));
    return 0;
}
