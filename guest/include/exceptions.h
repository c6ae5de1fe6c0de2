/* Exceptions taken to EL1. */
#ifndef EXCEPTIONS_H
#define EXCEPTIONS_H

#define FRAME_SIZE 320

#ifndef __ASSEMBLER__
#include <stdint.h>

/* What the vectors save; changes made by the handler are restored on return. Laid out for vectors.S. */
struct exception_frame {
    uint64_t x[31];
    uint64_t sp_el0;
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t vector; /* offset from VBAR_EL1 */
    uint64_t unused[3];
};

#define VECTOR_KIND(vector) ((vector) & 0x180)
#define VECTOR_SYNCHRONOUS 0x000
#define VECTOR_IRQ 0x080
#define VECTOR_FIQ 0x100
#define VECTOR_SERROR 0x180

/* Called with interrupts masked, on SP_EL1, without the FP registers saved: build handlers with -mgeneral-regs-only. */
typedef void exception_handler(struct exception_frame *frame);

/* Every exception goes to this handler. Without one, the machine stops with a report and status 3. */
void exceptions_handle_with(exception_handler *handler);
/* Print the frame as the last message and leave with status 3. */
void exceptions_die(const struct exception_frame *frame) __attribute__((noreturn));
/* Set VBAR_EL1 on this PE. */
void exceptions_init(void);

static inline void interrupts_enable(void) { asm volatile("msr daifclr, #2\n\tisb" : : : "memory"); }
static inline void interrupts_disable(void) { asm volatile("msr daifset, #2\n\tisb" : : : "memory"); }
/*
 * With interrupts masked: sleep until one is pending, then let it in. A loop that tests what the handler sets and then calls this
 * can't miss the interrupt between the test and the WFI.
 */
static inline void interrupts_wait(void) { asm volatile("wfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" : : : "memory"); }
#endif

#endif
