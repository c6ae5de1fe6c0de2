#include "fp.h"

void fp_registers_save(struct fp_state *state);
void fp_registers_load(const struct fp_state *state);

static int eagerly;

void fp_init(int eager)
{
    eagerly = eager;
}

static void allow(int el0)
{
    write_sysreg(cpacr_el1, el0 ? CPACR_FPEN_NONE : CPACR_FPEN_TRAP_EL0);
    isb();
}

void fp_take(struct thread *thread)
{
    struct pe *pe = thread->pe;
    allow(1);
    if (pe->fp_owner == thread)
        return;
    if (pe->fp_owner)
        fp_registers_save(&pe->fp_owner->fp);
    fp_registers_load(&thread->fp);
    pe->fp_owner = thread;
}

void fp_switch(struct pe *pe, struct thread *thread)
{
    if (eagerly)
        fp_take(thread);
    else
        allow(pe->fp_owner == thread);
}

void fp_save(struct thread *thread)
{
    struct pe *pe = thread->pe;
    if (pe->fp_owner != thread)
        return;
    allow(1);
    fp_registers_save(&thread->fp);
    pe->fp_owner = 0;
}
