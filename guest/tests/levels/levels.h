/*
 * Programs that stay at EL3 and try things at every exception level: run a few instructions at a level with chosen control registers, and
 * note the exception that ends them. EL1, EL2 and EL3 have their MMU off unless the program turns it on.
 */
#ifndef LEVELS_H
#define LEVELS_H
#include <stdint.h>

/* A body ends with this BRK, wherever it is routed to. */
#define LEVELS_DONE 0x7fffu

/* Values of SPSR_EL3 for each level, interrupts masked. */
#define LEVEL_EL0 0x3c0UL
#define LEVEL_EL1H 0x3c5UL
#define LEVEL_EL1T 0x3c4UL
#define LEVEL_EL2H 0x3c9UL
#define LEVEL_EL2T 0x3c8UL
#define LEVEL_EL3H 0x3cdUL

/* Offsets are known to enter.S. */
struct run {
    uint64_t body; /* address */
    uint64_t spsr; /* level and PSTATE that the body starts with */
    uint64_t x0, x1; /* before and after */
    uint64_t el; /* that took the exception which ended the body */
    uint64_t vector; /* offset in its table */
    uint64_t esr, elr, spsr_taken, far, hpfar;
    uint64_t pstate; /* in the handler, as SPSR_ELx would hold it */
};

/* Run a body; returns at EL3. SCR_EL3.RW and HCR_EL2.RW must be set, and the vectors as levels_reset() sets them. */
void levels_run(struct run *run);

/* Set VBAR_ELx. */
void levels_set_vectors(void);

/* Semihosting: write a file. Returns 0 on success. */
int levels_write_file(const char *name, const void *bytes, uint64_t size);

/* The program. Its result is the exit status. */
int main(void);

#endif
