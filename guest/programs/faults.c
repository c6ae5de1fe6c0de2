/* faults: processes that do what they may not. Each ends alone, with a report; this one, and the kernel, go on. */
#include "user.h"

#define KERNEL_ADDRESS 0xffffffc000000000UL
#define DEVICE_ADDRESS 0x09000000UL
#define SPIN_US 20000

static void jump_to_null(void) { ((void (*)(void))0)(); }
static void read_null(void) { (void)*(volatile int *)0; }
static void read_kernel(void) { (void)*(volatile uint64_t *)KERNEL_ADDRESS; }
static void jump_to_kernel(void) { ((void (*)(void))KERNEL_ADDRESS)(); }
static void read_device(void) { (void)*(volatile int *)DEVICE_ADDRESS; }
static void write_code(void) { *(volatile uint32_t *)(uint64_t)write_code = 0; }
static void write_constant(void) { *(volatile char *)(uint64_t)"constant" = 0; }
static void run_data(void)
{
    static uint32_t code[] = {0xd65f03c0}; /* RET */
    ((void (*)(void))code)();
}
static void undefined(void) { asm volatile("udf #0"); }
static void privileged(void) { asm volatile("msr vbar_el1, xzr"); }
static void hypercall(void) { asm volatile("hvc #0"); }
static void breakpoint(void) { asm volatile("brk #1"); }
static void odd_pc(void) { ((void (*)(void))((uint64_t)odd_pc + 2))(); }
/* Stands below the stack, where nothing is mapped. */
static void overflow_stack(void) { asm volatile("sub sp, sp, #0x20000\n\tstr x0, [sp]" : : : "memory"); }
/* No fault in this architecture: the quotient is 0. */
static void divide(void)
{
    volatile int64_t zero = 0;
    printf("  7 / 0 is %ld\n", 7 / zero);
    exit(0);
}
static void bad_pointers(void)
{
    printf("  write from null %ld, from the kernel %ld, with a length that overflows %ld\n", write(0, 8), write((void *)KERNEL_ADDRESS, 8),
           write("x", ~0UL));
    printf("  map all %ld, unmap code %ld, call with a long message %ld\n", syscall6(SYS_MAP, ~0UL, 0, 0, 0, 0),
           unmap((void *)0x400000, ~0UL), ipc_call(1, (void *)KERNEL_ADDRESS, ~0UL, 0, 0));
    printf("  unknown system call %ld, start what isn't there %ld, kill init %ld\n", syscall6(999, 0, 0, 0, 0, 0), spawn("nothing", ""), kill(1));
    printf("  a PPI of the kernel's %ld, an INTID beyond all %ld\n", irq_open(27, IRQ_LEVEL), irq_open(5000, IRQ_LEVEL));
    exit(0);
}
/* The console's registers are there for EL0, but neither memory to copy from nor a page to give back; one mapping is left behind. */
static void registers(void)
{
    const int64_t at = map_console(), second = map_console();
    struct secure_call off = {.x = {0x84000008}}; /* PSCI's SYSTEM_OFF */
    printf("  mapped %d, twice %d, flags %x, write from there %ld, call by it %ld\n", at > 0, second > at,
           ((volatile uint32_t *)at)[6] & 0x20, write((void *)at, 8), secure_call((struct secure_call *)at));
    printf("  unmap %ld, again %ld, an SMC that isn't for the Trusted OS %ld\n", unmap((void *)at, 4096), unmap((void *)at, 4096),
           secure_call(&off));
    exit(0);
}
/* Gone while its interrupt is pending, and while it is in the kernel's queues. */
static void exit_with_interrupt(void)
{
    const struct alarm_setup setup = {.first = clock() + 100, .interval = 100, .count = 1000};
    irq_open(ALARM_INTID, IRQ_EDGE);
    alarm_start(&setup);
    exit(0);
}
static void run_on(void)
{
    for (;;)
        asm volatile("");
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"jump-to-null", jump_to_null}, {"read-null", read_null},           {"read-kernel", read_kernel},
    {"jump-to-kernel", jump_to_kernel}, {"read-device", read_device},   {"write-code", write_code},
    {"write-constant", write_constant}, {"run-data", run_data},         {"undefined", undefined},
    {"privileged", privileged},     {"hypercall", hypercall},           {"breakpoint", breakpoint},
    {"odd-pc", odd_pc},             {"overflow-stack", overflow_stack},
    {"divide", divide},             {"bad-pointers", bad_pointers},     {"exit-with-interrupt", exit_with_interrupt},
    {"registers", registers},       {"run-on", run_on},
};
#define CASES (sizeof cases / sizeof cases[0])

static void offend(const char *name)
{
    for (unsigned n = 0; n < CASES; n++)
        if (!strcmp(cases[n].name, name))
            cases[n].run();
}

int main(int argc, char **argv)
{
    if (argc) {
        offend(argv[0]);
        return 1; /* it should not have come back */
    }
    const int64_t pages = info(INFO_FREE_PAGES);
    set_priority(0, PRIORITY_DEFAULT + 1);
    for (unsigned n = 0; n < CASES; n++) {
        printf("%s:\n", cases[n].name);
        const int64_t pid = spawn("faults", cases[n].name);
        if (!strcmp(cases[n].name, "run-on")) {
            sleep_until(after_us(SPIN_US));
            kill(pid);
        }
        printf("  status %ld\n", wait(pid));
    }
    printf("faults: %ld processes, %ld threads, %ld interrupts left; %s\n", info(INFO_PROCESSES), info(INFO_THREADS), info(INFO_IRQS),
           info(INFO_FREE_PAGES) == pages ? "all pages back" : "pages lost");
    return 0;
}
