/* What start-up leaves for programs. They define main(), which runs at EL1 with the MMU on; its result is the exit status. */
#ifndef RUNTIME_H
#define RUNTIME_H
#include <stdint.h>

int main(void);

/* x0 at entry, and the exception level at entry. */
extern uint64_t runtime_device_tree;
extern unsigned runtime_started_at_el;
/* Where PEs started with psci_start_pe() go. */
extern void (*volatile runtime_secondary_entry)(unsigned pe);

#endif
