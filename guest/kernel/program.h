/* Programs: static ELF64 executables in the bundle that the kernel got as its initrd. */
#ifndef PROGRAM_H
#define PROGRAM_H
#include <stdint.h>

struct process;

/* Find the bundle; 0 when there is none. */
int programs_init(void);
/* Fill the process's memory. Its entry point, and where the argument string lies, which is above the stack. 0 or a negative error. */
int64_t program_load(struct process *process, const char *name, const char *argument, uint64_t *entry, uint64_t *argument_at);

#endif
