#ifndef MAIN_H
#define MAIN_H
#include <stdint.h>

/* The first PE, on its stack with the MMU on. */
void kernel_main(uint64_t device_tree) __attribute__((noreturn));
/* The others. */
void kernel_secondary(uint64_t number) __attribute__((noreturn));

#endif
