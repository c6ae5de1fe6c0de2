#include "probe.h"
#include "exceptions.h"
#include "mmu.h"
#include "print.h"

#define DONE_IMMEDIATE 0x7fffu
#define USER_STACK_VA 0x100000000UL

void probe_enter(uint64_t *context, const void *body, uint64_t spsr, uint64_t sp_el0, uint64_t x0, uint64_t x1);
extern char probe_leave[], probe_done[];

static char user_stack[PAGE_SIZE] __attribute__((aligned(4096)));
static uint64_t context[13];
static struct outcome latest;
void (*probe_in_handler)(void);

static void on_exception(struct exception_frame *frame)
{
    if (probe_in_handler)
        probe_in_handler();
    latest = (struct outcome){
        .excepted = ESR_EC(frame->esr) != EC_SVC64 || ESR_ISS(frame->esr) != DONE_IMMEDIATE,
        .vector = frame->vector,
        .esr = frame->esr,
        .far = frame->far,
        .elr = frame->elr,
        .spsr = frame->spsr,
        .x0 = frame->x[0],
        .x1 = frame->x[1],
    };
    frame->x[0] = (uint64_t)context;
    frame->elr = (uint64_t)probe_leave;
    frame->spsr = SPSR_EL1h | SPSR_DAIF;
}

void probe_init(void)
{
    mmu_map(mmu_root, USER_STACK_VA, (uint64_t)user_stack, PAGE_SIZE, MAP_USER_DATA);
    exceptions_handle_with(on_exception);
}

struct outcome probe(const struct probe_case *c)
{
    if (c->before)
        c->before();
    isb();
    probe_enter(context, c->body, c->spsr, USER_STACK_VA + PAGE_SIZE, c->x0, c->x1);
    if (c->after)
        c->after();
    isb();
    return latest;
}

/* FAR_ELx is UNKNOWN for all classes but these (Arm ARM D19.2, FAR_EL1). */
static int has_far(uint64_t esr)
{
    switch (ESR_EC(esr)) {
    case 0x20: /* instruction abort, lower level */
    case 0x21:
    case 0x22: /* PC alignment */
    case 0x24: /* data abort, lower level */
    case 0x25:
    case 0x34: /* watchpoint, lower level */
    case 0x35:
        return 1;
    default:
        return 0;
    }
}

void probe_print(const struct probe_case *c, const struct outcome *o)
{
    const uint64_t body = (uint64_t)c->body;
    print("%-36s ", c->name);
    if (!o->excepted) {
        print("ran to its end X0 %lx X1 %lx\n", o->x0, o->x1);
        return;
    }
    print("vector %03lx ESR %08lx ", o->vector, o->esr);
    if (has_far(o->esr))
        print("FAR %lx ", o->far);
    if (o->elr - body < 0x80)
        print("ELR body+%lx ", o->elr - body);
    else if (o->elr == (uint64_t)probe_done)
        print("ELR end ");
    else
        print("ELR %lx ", o->elr);
    print("SPSR %08lx X0 %lx X1 %lx\n", o->spsr, o->x0, o->x1);
}

void probe_all(const struct probe_case *cases, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct outcome o = probe(&cases[i]);
        probe_print(&cases[i], &o);
    }
}
