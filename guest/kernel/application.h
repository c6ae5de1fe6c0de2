/* The privileged system call that has the nanovisor load or replace a native application. */
#ifndef APPLICATION_H
#define APPLICATION_H
#include <stdint.h>

struct thread;

int64_t application_control(struct thread *thread, uint64_t request);

#endif
