/*
 * hyplet_faults [guarded]: hyplets that do what they may not, each in a process of its own. That process is told, and ends of it; the
 * kernel, and the hyplet of this process that counts all the while, go on.
 */
#include "libhyplet.h"
#include "samples.h"

#define UNMAPPED 0x2000000000
#define KERNEL_WINDOW 0xffffff8044000000
#define NANOVISOR_IMAGE 0x800040200000
#define BUDGET_NS 5000000000 /* never used up, however slow the machine is */
#define SHORT_BUDGET_NS 5000000
#define STACK_ROOM 16384
#define FINE 0

static const uint64_t constant = 1;
static uint64_t variable;
static int hyplet_guarded;

/* Volatile accesses, so that they happen. */
static uint64_t load(uint64_t at) { return *(volatile uint64_t *)at; }
static void store(uint64_t at) { *(volatile uint64_t *)at = 1; }
static void jump(uint64_t to) { ((void (*)(void))to)(); }

static void read_unmapped(void) { load(UNMAPPED); }
static void write_unmapped(void) { store(UNMAPPED); }
static void write_constant(void) { store((uint64_t)&constant); }
static void write_code(void) { store((uint64_t)write_constant); }
static void read_kernel(void) { load(KERNEL_WINDOW); }
static void read_nanovisor(void) { load(NANOVISOR_IMAGE); }
static void write_nanovisor(void) { store(NANOVISOR_IMAGE); }
static void jump_null(void) { jump(0); }
static void jump_data(void) { jump((uint64_t)&variable); }
static void jump_unaligned(void) { jump((uint64_t)jump_null + 2); }
static void call_kernel(void) { write("x", 1); }
static void call_nanovisor(void) { asm volatile("hvc #0" : : : "x0", "memory"); }
static void undefined(void) { asm volatile(".inst 0"); }
static void breakpoint(void) { asm volatile("brk #7"); }
static void privileged(void) { asm volatile("msr vbar_el1, xzr"); }
static void run_on(void) { asm volatile("b ."); }
static void wait_on(void) { asm volatile("1: wfi\n\tb 1b"); }
static void use_up_stack(void)
{
    for (volatile uint8_t *p = __builtin_frame_address(0);; p -= 64)
        *p = 0;
}
static void divide(void)
{
    volatile uint64_t zero = 0;
    variable = 1 / zero; /* 0 on this architecture, without an exception */
}

static const struct fault {
    const char *name;
    void (*function)(void);
    int64_t status; /* of the process: FINE if nothing is wrong with it */
    int guarded_only; /* a classic hyplet may, or nobody can keep it from it */
} cases[] = {
    {"reads unmapped memory", read_unmapped, STATUS_HYPLET_DIED, 0},
    {"writes unmapped memory", write_unmapped, STATUS_HYPLET_DIED, 0},
    {"writes a constant", write_constant, STATUS_HYPLET_DIED, 0},
    {"writes code", write_code, STATUS_HYPLET_DIED, 0},
    {"reads the kernel", read_kernel, STATUS_HYPLET_DIED, 0},
    {"reads the nanovisor", read_nanovisor, STATUS_HYPLET_DIED, 1},
    {"writes the nanovisor", write_nanovisor, STATUS_HYPLET_DIED, 0},
    {"jumps to null", jump_null, STATUS_HYPLET_DIED, 0},
    {"jumps to data", jump_data, STATUS_HYPLET_DIED, 0},
    {"jumps to an odd address", jump_unaligned, STATUS_HYPLET_DIED, 0},
    {"calls the kernel", call_kernel, STATUS_HYPLET_DIED, 0},
    {"calls the nanovisor", call_nanovisor, STATUS_HYPLET_DIED, 0},
    {"executes an undefined instruction", undefined, STATUS_HYPLET_DIED, 0},
    {"executes a breakpoint", breakpoint, STATUS_HYPLET_DIED, 0},
    {"writes a system register", privileged, STATUS_HYPLET_DIED, 1},
    {"runs on", run_on, STATUS_HYPLET_DIED, 0},
    {"waits for nothing", wait_on, STATUS_HYPLET_DIED, 0},
    {"uses up its stack", use_up_stack, STATUS_HYPLET_DIED, 0},
    {"divides by zero", divide, FINE, 0},
};
#define CASES (sizeof cases / sizeof cases[0])

static uint64_t commit_fault(uint64_t index, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    cases[index].function();
    return 0;
}

/* Its own regions one by one, so that what lies below the stack isn't mapped. */
static void begin_fault(uint64_t index)
{
    uint8_t *stack = map(STACK_ROOM);
    hyplet_check(hyplet_map_vma((const void *)commit_fault, -1), "mapping the code");
    hyplet_check(hyplet_map_vma(&constant, -1), "mapping the constants");
    hyplet_check(hyplet_map_vma(&variable, -1), "mapping the data");
    hyplet_check(hyplet_set_stack(stack + STACK_ROOM / 2, STACK_ROOM / 2, -1), "setting the stack");
    hyplet_check(hyplet_set_callback(commit_fault, -1), "setting the callback");
    hyplet_check(hyplet_set_arguments(-1, index, 0, 0, 0), "setting the arguments");
    const int runs_on = cases[index].function == run_on || cases[index].function == wait_on;
    hyplet_check(hyplet_set_budget(runs_on ? SHORT_BUDGET_NS : BUDGET_NS), "setting the budget");
}

static uint64_t count(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    variable++;
    return 0;
}

/* A process that ends while its hyplet's interrupt is on its way. */
static int end_early(void)
{
    hyplet_begin(count, -1);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the interrupt");
    hyplet_check(hyplet_set_timer(10000, 10000, -1), "starting a timer");
    const struct alarm_setup setup = {.first = clock(), .interval = 1, .count = 100};
    alarm_start(&setup);
    return 0;
}

/* Requests that must be refused; how many were. */
static unsigned refusals(void)
{
    unsigned refused = 0;
    refused += hyplet_map((const void *)UNMAPPED, 4096, -1) < 0;
    refused += hyplet_map((const void *)KERNEL_WINDOW, 4096, -1) < 0;
    refused += hyplet_map((const void *)NANOVISOR_IMAGE, 4096, -1) < 0;
    refused += hyplet_map(&variable, -1, -1) < 0;
    refused += hyplet_map(&variable, 0, -1) < 0;
    refused += hyplet_map(&variable, 0x7fffffff, -1) < 0;
    refused += hyplet_map((const void *)~4095UL, 8192, -1) < 0;
    refused += hyplet_set_stack((void *)UNMAPPED, 4096, -1) < 0;
    refused += hyplet_set_stack((void *)commit_fault, 16, -1) < 0;
    refused += hyplet_set_callback((hyplet_function *)UNMAPPED, -1) < 0;
    refused += hyplet_set_callback((hyplet_function *)&variable, -1) < 0;
    refused += hyplet_rpc_set((hyplet_function *)KERNEL_WINDOW, 1, -1) < 0;
    refused += hyplet_trap_irq(5000, -1) < 0;
    refused += hyplet_trap_irq(-2, -1) < 0;
    refused += hyplet_trap_irq(ALARM_INTID, 100) < 0;
    refused += hyplet_set_budget(0) < 0;
    refused += hyplet_set_timer(1, 1, -1) < 0;
    refused += hyplet_assign_offlet(0, (hyplet_function *)commit_fault) < 0;
    refused += hyplet_set_mode(hyplet_guarded ? HYPLET_CLASSIC : HYPLET_GUARDED) < 0;
    return refused;
}
#define REFUSALS 19

static int child(const char *word, int argc, char **argv)
{
    hyplet_choose(argc, argv);
    if (!strcmp(word, "early"))
        return end_early();
    begin_fault(number(word));
    return hyplet_execute(-1) < 0 ? (int)event_wait(EVENT_HYPLET_DIED, FOREVER) : FINE;
}

static int64_t run_child(const char *word)
{
    char argument[32] = {0};
    unsigned used = 0;
    for (; *word; word++)
        argument[used++] = *word;
    for (const char *p = hyplet_guarded ? " guarded" : " classic"; *p; p++)
        argument[used++] = *p;
    return wait(spawn("hyplet_faults", argument));
}

int main(int argc, char **argv)
{
    hyplet_guarded = argument_has(argc, argv, "guarded");
    if (argc && (!strcmp(argv[0], "early") || (argv[0][0] >= '0' && argv[0][0] <= '9')))
        return child(argv[0], argc, argv);
    const int64_t owners = hyplet_resources(1), bindings = hyplet_resources(2);
    hyplet_choose(argc, argv);
    hyplet_begin(count, -1);
    hyplet_check(hyplet_set_timer(100000, 1000000, -1), "starting the timer");

    unsigned right = 0, tried = 0;
    const int64_t free_pages = hyplet_resources(0);
    for (unsigned n = 0; n < CASES; n++) {
        if (cases[n].guarded_only && !hyplet_guarded)
            continue;
        char word[3] = {(char)('0' + n / 10), (char)('0' + n % 10), 0};
        const int64_t status = run_child(word);
        printf("hyplet_faults: %s: %s\n", cases[n].name, status == cases[n].status ? "as it should be" : "wrong");
        if (status != cases[n].status)
            printf("hyplet_faults: its process ended with %ld\n", status);
        tried++;
        right += status == cases[n].status;
    }
    const int64_t early = run_child("early");
    const unsigned refused = refusals();
    printf("hyplet_faults: %u of %u as they should be; %u of %u requests refused; ended early with %ld\n", right, tried, refused, REFUSALS,
           early);
    const uint64_t counted = variable;
    sleep_until(after_us(20000));
    printf("hyplet_faults: the other hyplet goes on: %s\n", variable > counted ? "yes" : "no");
    printf("hyplet_faults: left behind: %ld pages, %ld owners, %ld bindings\n", free_pages - hyplet_resources(0),
           hyplet_resources(1) - owners - 1, hyplet_resources(2) - bindings - 1);
    return right != tried || refused != REFUSALS || early;
}
