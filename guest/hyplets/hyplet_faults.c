/*
 * hyplet_faults guarded|classic all: hyplets that do what they may not, each in a process of its own. That process is told, and ends of
 * it; the kernel, and the hyplet of this process that counts all the while, go on.
 */
#include "libhyplet.h"
#include "nanovisor.h"
#include "samples.h"

#define UNMAPPED 0x2000000000
#define KERNEL_WINDOW 0xffffff8044000000
#define NANOVISOR_IMAGE 0x800040200000
#define BUDGET_NS 5000000000 /* never used up, however slow the machine is */
#define SHORT_BUDGET_NS 5000000
#define STACK_ROOM 16384
#define SECRET_SIZE 0x100000
#define WATCHED_SIZE 0x4000
#define OTHER_PE 1
#define ATTEMPTS 1000
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

/* Takes a while, so that it is probably under way when something happens to its process. */
static uint64_t linger(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    for (const uint64_t until = cycles() + clock_frequency() / 10000; cycles() < until;)
        ;
    return count(a, b, c, d);
}

static uint64_t never_return(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    run_on();
    return 0;
}

static uint64_t die(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    jump_null();
    return 0;
}

/* A process that ends while its hyplet's interrupt is on its way. */
static int end_early(uint64_t unused)
{
    (void)unused;
    hyplet_begin(count, -1);
    hyplet_check(irq_open(ALARM_INTID, IRQ_EDGE), "opening the interrupt");
    hyplet_check(hyplet_trap_irq(ALARM_INTID, -1), "trapping the interrupt");
    hyplet_check(hyplet_set_timer(10000, 10000, -1), "starting a timer");
    const struct alarm_setup setup = {.first = clock(), .interval = 1, .count = 100};
    alarm_start(&setup);
    return 0;
}

/* One that ends while its hyplet runs on another PE. */
static int end_elsewhere(uint64_t unused)
{
    (void)unused;
    hyplet_begin(linger, OTHER_PE);
    hyplet_check(hyplet_set_timer(10000, 10000, OTHER_PE), "starting a timer");
    sleep_until(after_us(1000));
    return 0;
}

static void give_to_offlet(hyplet_function *function)
{
    int64_t result = ERROR_BUSY;
    for (unsigned n = 0; n < ATTEMPTS && result == ERROR_BUSY; n++) {
        result = hyplet_drop_cpu(OTHER_PE);
        sleep_until(after_us(1000));
    }
    hyplet_check(result, "taking the PE");
    hyplet_begin(function, OTHER_PE);
    hyplet_check(hyplet_assign_offlet(OTHER_PE, function), "giving it to the offlet");
}

static int leave_offlet(uint64_t unused)
{
    (void)unused;
    give_to_offlet(never_return);
    sleep_until(after_us(1000));
    return 0;
}

static int offlet_dies(uint64_t unused)
{
    (void)unused;
    give_to_offlet(die);
    return (int)hyp_wait(OTHER_PE, -1);
}

/* What the process that started this one has at `page`, and this one hasn't: how often it got it. */
static int map_others_page(uint64_t page)
{
    unsigned got = 0;
    got += hyplet_map((const void *)page, 4096, -1) >= 0;
    got += hyplet_map_vma((const void *)page, -1) >= 0;
    got += hyplet_set_stack((void *)page, 4096, -1) >= 0;
    got += hyplet_watch((void *)page, 4096, NV_WATCH_HONEYPOT) >= 0;
    got += hyplet_acquire((const void *)page, (void *)page) >= 0;
    return (int)got;
}

/* Ends with pages closed, and a copy of one that nobody fetches. */
static int leave_watched(uint64_t unused)
{
    (void)unused;
    volatile uint8_t *pages = map(WATCHED_SIZE);
    hyplet_check(hyplet_watch((void *)pages, WATCHED_SIZE, NV_WATCH_ACQUIRE), "closing pages");
    pages[0] = 1;
    return 0;
}

/* What else happens to processes. */
static const struct end {
    const char *word, *name;
    int (*function)(uint64_t value);
    int64_t status;
    int two_pes;
} ends[] = {
    {"early", "ends while its interrupt is pending", end_early, FINE, 0},
    {"foreign", "maps another process's page", map_others_page, FINE, 0},
    {"watched", "ends with pages closed", leave_watched, FINE, 0},
    {"elsewhere", "ends while its hyplet runs on another PE", end_elsewhere, FINE, 1},
    {"left", "ends and leaves an offlet that runs on", leave_offlet, FINE, 1},
    {"dies", "has an offlet that jumps to null", offlet_dies, STATUS_HYPLET_DIED, 1},
};
#define ENDS (sizeof ends / sizeof ends[0])

/* Requests that must be refused; how many were. */
static unsigned refusals(uint8_t *own)
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
    refused += hyplet_watch((void *)UNMAPPED, 4096, NV_WATCH_HONEYPOT) < 0;
    refused += hyplet_watch((void *)KERNEL_WINDOW, 4096, NV_WATCH_ACQUIRE) < 0;
    refused += hyplet_watch(own, 0x7ffff000, NV_WATCH_HONEYPOT) < 0 && hyplet_watch(own, 100, NV_WATCH_HONEYPOT) < 0;
    refused += hyplet_acquire((const void *)KERNEL_WINDOW, own) < 0;
    refused += hyplet_rpc_set((hyplet_function *)commit_fault, -1, 100) < 0;
    refused += hyplet_drop_cpu(0) < 0 && hyplet_drop_cpu(100) < 0;
    refused += unmap(own, 4096) < 0; /* it is pinned */
    return refused;
}
#define REFUSALS 26

static int child(const char *word, int argc, char **argv)
{
    hyplet_choose(argc, argv);
    for (unsigned n = 0; n < ENDS; n++)
        if (!strcmp(word, ends[n].word))
            return ends[n].function(argument_number(argc, argv, 1, 0));
    begin_fault(number(word));
    return hyplet_execute(-1) < 0 ? (int)event_wait(EVENT_HYPLET_DIED, FOREVER) : FINE;
}

static void append(char *text, const char *more)
{
    while (*text)
        text++;
    while ((*text++ = *more++))
        ;
}

static void append_number(char *text, uint64_t value)
{
    char digits[21] = {0};
    unsigned n = sizeof digits - 1;
    do
        digits[--n] = (char)('0' + value % 10);
    while (value /= 10);
    append(text, &digits[n]);
}

static int64_t run_child(const char *word, uint64_t value)
{
    char argument[64] = {0};
    append(argument, word);
    append(argument, " ");
    append_number(argument, value);
    append(argument, hyplet_guarded ? " guarded" : " classic");
    return wait(spawn("hyplet_faults", argument));
}

static unsigned tried, right;

static void judge(const char *name, int64_t status, int64_t expected)
{
    tried++;
    right += status == expected;
    printf("hyplet_faults: %s: %s\n", name, status == expected ? "as it should be" : "wrong");
    if (status != expected)
        printf("hyplet_faults: its process ended with %ld\n", status);
}

static void commit_all(void)
{
    for (unsigned n = 0; n < CASES; n++) {
        char word[21] = {0};
        append_number(word, n);
        if (!cases[n].guarded_only || hyplet_guarded)
            judge(cases[n].name, run_child(word, 0), cases[n].status);
    }
}

/* A PE that an offlet had is the kernel's again. */
static void wait_for_pes(int64_t pes)
{
    for (unsigned n = 0; n < ATTEMPTS && info(INFO_PES) != pes; n++)
        sleep_until(after_us(1000));
}

static void end_all(int64_t pes, uint64_t secret)
{
    for (unsigned n = 0; n < ENDS; n++) {
        if (ends[n].two_pes && pes < 2)
            continue;
        judge(ends[n].name, run_child(ends[n].word, secret), ends[n].status);
        wait_for_pes(pes);
    }
}

struct amounts {
    int64_t nanovisor_pages, owners, bindings, kernel_pages, processes, threads, irqs, pes;
};

static struct amounts measure(void)
{
    return (struct amounts){
        hyplet_resources(0) + hyplet_resources(3), hyplet_resources(1), hyplet_resources(2),    info(INFO_FREE_PAGES),
        info(INFO_PROCESSES), info(INFO_THREADS), info(INFO_IRQS), info(INFO_PES),
    };
}

int main(int argc, char **argv)
{
    hyplet_guarded = argument_has(argc, argv, "guarded");
    if (argc && !argument_has(argc, argv, "all"))
        return child(argv[0], argc, argv);
    hyplet_choose(argc, argv);
    uint8_t *own = map(SECRET_SIZE);
    memset(own, 1, SECRET_SIZE);
    hyplet_begin(count, -1);
    hyplet_check(hyplet_set_timer(100000, 1000000, -1), "starting the timer");

    const struct amounts before = measure();
    commit_all();
    end_all(before.pes, (uint64_t)own + SECRET_SIZE - 4096);
    const unsigned refused = refusals(own);
    printf("hyplet_faults: %u of %u as they should be; %u of %u requests refused\n", right, tried, refused, REFUSALS);
    const uint64_t counted = variable;
    sleep_until(after_us(20000));
    printf("hyplet_faults: the other hyplet goes on: %s\n", variable > counted ? "yes" : "no");
    const struct amounts after = measure();
    printf("hyplet_faults: left behind: %ld pages, %ld owners, %ld bindings\n", before.nanovisor_pages - after.nanovisor_pages,
           after.owners - before.owners, after.bindings - before.bindings);
    printf("hyplet_faults: left in the kernel: %ld pages, %ld processes, %ld threads, %ld interrupts; %ld of %ld PEs\n",
           before.kernel_pages - after.kernel_pages, after.processes - before.processes, after.threads - before.threads,
           after.irqs - before.irqs, after.pes, before.pes);
    return right != tried || refused != REFUSALS;
}
