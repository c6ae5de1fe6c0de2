/* From start.S to the first process. */
#include "main.h"
#include "board.h"
#include "console.h"
#include "fp.h"
#include "hypercall.h"
#include "interrupts.h"
#include "lock.h"
#include "memory.h"
#include "nanovisor.h"
#include "panic.h"
#include "print.h"
#include "process.h"
#include "program.h"
#include "psci_call.h"
#include "scheduler.h"
#include "syscall.h"
#include "user_irq.h"

#define CNTKCTL_EL0VCTEN BIT(1) /* EL0 may read CNTVCT_EL0 and CNTFRQ_EL0 */
#define QUANTUM_US 10000
#define WAIT_FOR_PE_MS 1000

extern char stacks[];
void frame_resume(struct frame *frame) __attribute__((noreturn));

static void init_pe(unsigned number)
{
    struct pe *pe = &pes[number];
    write_sysreg(tpidr_el1, pe);
    pe->stack_top = (uint64_t)stacks + number * STACK_STRIDE + STACK_SIZE;
    pe->space = (struct process *)1; /* the boot tables are none of ours */
    scheduler_init(number);
    address_space_use(pe, 0);
    tlbi_vmalle1(); /* the identity map had no ASID */
    write_sysreg(cntkctl_el1, CNTKCTL_EL0VCTEN);
    write_sysreg(cntv_ctl_el0, 0);
    write_sysreg(cntp_ctl_el0, 0);
    interrupts_init_pe(number);
    interrupts_enable_one(number, SGI_RESCHEDULE);
    interrupts_enable_one(number, INTID_VIRTUAL_TIMER);
    if (hypercalls_available()) {
        interrupts_configure(number, NV_EVENT_INTID, 1);
        interrupts_enable_one(number, NV_EVENT_INTID);
    }
    __atomic_store_n(&pe->online, 1, __ATOMIC_RELEASE);
}

/* One after the other, so that what they print and who is first doesn't depend on their speed. */
static void start_others(void)
{
    for (unsigned n = 1; n < board.pes; n++) {
        const int64_t error = psci_cpu_on(n);
        if (error) {
            print("kernel: PE %u doesn't start: PSCI says %ld\n", n, error);
            continue;
        }
        const uint64_t until = clock_now() + read_sysreg(cntfrq_el0) * WAIT_FOR_PE_MS / 1000;
        while (!__atomic_load_n(&pes[n].online, __ATOMIC_ACQUIRE) && clock_now() < until)
            ;
        if (!pes[n].online)
            print("kernel: PE %u doesn't come up\n", n);
    }
}

/* `init=PROGRAM ARGUMENTS`, to the end of the line. */
static int64_t start_init(void)
{
    static char name[NAME_SIZE];
    const char *text = board_argument("init");
    if (!text)
        panic("no init=PROGRAM in the arguments");
    unsigned n = 0;
    for (; *text && *text != ' ' && n < NAME_SIZE - 1; n++)
        name[n] = *text++;
    while (*text == ' ')
        text++;
    return process_spawn(name, text, 0, PRIORITY_DEFAULT);
}

static int eager_fp(void)
{
    const char *fp = board_argument("fp");
    return fp && fp[0] == 'e';
}

void kernel_main(uint64_t device_tree)
{
    if (!board_read(device_tree))
        psci_system_off(); /* nowhere to say it */
    memory_init();
    console_init();
    interrupts_init();
    hypercalls_init();
    processes_init();
    threads_init();
    user_irqs_init();
    fp_init(eager_fp());
    scheduler_quantum = read_sysreg(cntfrq_el0) * board_number("quantum", QUANTUM_US) / 1000000;
    init_pe(0);
    start_others();
    print("kernel: %lu MB, %u PE%s%s\n", board.ram_size >> 20, board.pes, board.pes == 1 ? "" : "s",
          hypercalls_available() ? ", nanovisor" : "");
    if (!programs_init())
        panic("the initrd isn't a bundle of programs");
    const int64_t error = start_init();
    if (error < 0) {
        print("kernel: init doesn't start: error %ld\n", error);
        panic("nothing to run");
    }
    lock();
    struct frame *frame = schedule();
    unlock();
    frame_resume(frame);
}

void kernel_secondary(uint64_t number)
{
    lock();
    init_pe((unsigned)number);
    struct frame *frame = schedule();
    unlock();
    frame_resume(frame);
}
