/* Exceptions taken to EL2. */
#ifndef TRAP_H
#define TRAP_H

#define FRAME_SIZE_EL2 272

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

/* What the vectors save, and give back on return. Laid out for vectors.S. */
struct frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t unused;
};

/* From vectors.S. `vector` is the offset from VBAR_EL2. */
void trap(struct frame *frame, uint64_t vector);
/* From vectors.S, on another stack: the PE's own ran into the guard page. */
void trap_stack_overflow(uint64_t far) __attribute__((noreturn));
void trap_init(void);

/* Enter EL1's vector for exceptions from the level that the frame was taken from, as if the guest had been given ESR and FAR itself. */
void trap_inject(struct frame *frame, uint64_t esr, uint64_t far);
/* An instruction that we have carried out in the guest's place. */
static inline void trap_skip(struct frame *frame)
{
    frame->elr += 4;
}
#endif

#endif
