#include "libhyplet.h"
#include "format.h"
#include "samples.h"
#include <stdarg.h>

#define STACK_SIZE 16384
#define RING_SIZE 8192u

static enum hyplet_path path = HYPLET_IMO;

/* What hyp_print() wrote and print_hyp() hasn't printed: one hyplet writes, one thread reads. */
static struct {
    uint64_t written, printed;
    uint64_t lost;
    char text[RING_SIZE];
} ring;
static uint64_t line_end; /* of the line that is being written */
static int line_lost;

static int64_t control(struct hyplet_ctrl *ctrl)
{
    return syscall6(SYS_HYPLET, (uint64_t)ctrl, 0, 0, 0, 0);
}

int64_t hyplet_set_mode(enum hyplet_mode mode)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_MODE, .cpu = -1, .mode = (int)mode});
}

void hyplet_set_path(enum hyplet_path new_path)
{
    path = new_path;
}

void hyplet_choose(int argc, char **argv)
{
    const enum hyplet_mode mode = argument_has(argc, argv, "guarded") ? HYPLET_GUARDED : HYPLET_CLASSIC;
    hyplet_set_path(argument_has(argc, argv, "hook") ? HYPLET_HOOK : HYPLET_IMO);
    hyplet_check(hyplet_set_mode(mode), mode == HYPLET_GUARDED ? "guarded mode" : "classic mode");
}

int64_t hyplet_map(const void *address, int size, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_MAP, .cpu = cpu, .map_addr = {(unsigned long)address, size}});
}

int64_t hyplet_map_all(int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_MAP_ALL, .cpu = cpu});
}

int64_t hyplet_map_vma(const void *address, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_MAP_VMA, .cpu = cpu, .map_addr = {(unsigned long)address, 0}});
}

int64_t hyplet_unmap(const void *address, int size)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_UNMAP, .cpu = -1, .map_addr = {(unsigned long)address, size}});
}

int64_t hyplet_set_stack(void *address, int size, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_MAP_STACK, .cpu = cpu, .map_addr = {(unsigned long)address, size}});
}

int64_t hyplet_set_callback(hyplet_function *function, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_CALLBACK, .cpu = cpu, .rpc_set = {(long)function, 0}});
}

int64_t hyplet_set_arguments(int cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_ARGUMENTS, .cpu = cpu, .arguments = {a, b, c, d}});
}

int64_t hyplet_set_budget(uint64_t ns)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_BUDGET, .cpu = -1, .timer = {ns, 0}});
}

int64_t hyplet_trap_irq(int irq, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_TRAP_IRQ, .irq = irq, .cpu = cpu, .path = (int)path});
}

int64_t hyplet_untrap_irq(int irq, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_UNTRAP_IRQ, .irq = irq, .cpu = cpu});
}

int64_t hyplet_trap_all_irqs(int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_IMP_TIMER, .cpu = cpu, .path = (int)path});
}

int64_t hyplet_set_timer(uint64_t first, uint64_t period, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_TIMER, .cpu = cpu, .timer = {first, period}});
}

int64_t hyplet_execute(int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_EXECUTE_CALLBACK, .cpu = cpu});
}

int64_t hyplet_rpc_set(hyplet_function *function, int id, int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_SET_RPC, .cpu = cpu, .rpc_set = {(long)function, id}});
}

int64_t hyplet_drop_cpu(int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_DROP_CPU, .cpu = cpu});
}

int64_t hyplet_assign_offlet(int cpu, hyplet_function *function)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_OFFLET_SET_CALLBACK, .cpu = cpu, .rpc_set = {(long)function, 0}});
}

int64_t hyplet_stop_offlet(int cpu)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_OFFLET_STOP, .cpu = cpu});
}

int64_t hyp_wait(int cpu, int ms)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_WAIT, .cpu = cpu, .timeout_ms = ms});
}

int64_t hyplet_watch(void *address, int size, int kind)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_WATCH, .cpu = -1, .irq = kind, .map_addr = {(unsigned long)address, size}});
}

int64_t hyplet_watch_status(int which)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_WATCH_STATUS, .cpu = -1, .irq = which});
}

int64_t hyplet_acquire(const void *page, void *to)
{
    return control(&(struct hyplet_ctrl){
        .cmd = HYPLET_ACQUIRE, .cpu = -1, .map_addr = {(unsigned long)page, 0}, .arguments = {(unsigned long)to}});
}

int64_t hyplet_resources(int which)
{
    return control(&(struct hyplet_ctrl){.cmd = HYPLET_RESOURCES, .cpu = -1, .irq = which});
}

uint64_t hyp_gettime(void)
{
    const uint64_t frequency = clock_frequency();
    const uint64_t now = clock();
    return now / frequency * 1000000000 + now % frequency * 1000000000 / frequency;
}

static void put(char c)
{
    if (line_end - __atomic_load_n(&ring.printed, __ATOMIC_ACQUIRE) >= RING_SIZE)
        line_lost = 1;
    else
        ring.text[line_end++ % RING_SIZE] = c;
}

void hyp_print(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    line_end = ring.written;
    line_lost = 0;
    format(put, text, arguments);
    va_end(arguments);
    if (line_lost)
        ring.lost++;
    else
        __atomic_store_n(&ring.written, line_end, __ATOMIC_RELEASE);
}

uint64_t print_hyp(void)
{
    const uint64_t end = __atomic_load_n(&ring.written, __ATOMIC_ACQUIRE);
    for (uint64_t at = ring.printed; at < end; at++)
        printf("%c", ring.text[at % RING_SIZE]);
    __atomic_store_n(&ring.printed, end, __ATOMIC_RELEASE);
    printf_flush();
    return ring.lost;
}

void hyplet_check(int64_t result, const char *what)
{
    if (result >= 0)
        return;
    printf("hyplet: %s: error %ld\n", what, result);
    exit(2);
}

void hyplet_begin(hyplet_function *function, int cpu)
{
    void *stack = map(STACK_SIZE);
    hyplet_check(stack ? 0 : ERROR_NO_MEMORY, "a stack");
    hyplet_check(hyplet_map_all(cpu), "mapping the process");
    hyplet_check(hyplet_set_stack(stack, STACK_SIZE, cpu), "setting the stack");
    hyplet_check(hyplet_set_callback(function, cpu), "setting the callback");
}
