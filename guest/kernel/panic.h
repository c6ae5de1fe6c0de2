/* The end of the kernel, by its own error or the machine's. */
#ifndef PANIC_H
#define PANIC_H
#include <stdint.h>

/* Report and power off. */
void panic(const char *why) __attribute__((noreturn));
/* An exception taken from EL1: its vector's number, the link register and SP then. */
void kernel_fault(uint64_t vector, uint64_t link, uint64_t sp) __attribute__((noreturn));

#endif
