#include "exceptions.h"
#include "print.h"
#include "semihosting.h"
#include "sysreg.h"

extern char exception_vectors[];
void exception_taken(struct exception_frame *frame);

static exception_handler *handler = 0;

void exceptions_init(void)
{
    write_sysreg(vbar_el1, exception_vectors);
    isb();
}

void exceptions_handle_with(exception_handler *new_handler)
{
    handler = new_handler;
}

void exceptions_die(const struct exception_frame *frame)
{
    print("unexpected exception: vector %03lx ESR %08lx FAR %016lx ELR %016lx SPSR %08lx\n", frame->vector, frame->esr, frame->far,
          frame->elr, frame->spsr);
    semihosting_exit(3);
}

/* Called by vectors.S. */
void exception_taken(struct exception_frame *frame)
{
    if (!handler)
        exceptions_die(frame);
    handler(frame);
}
