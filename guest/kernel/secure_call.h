/* The driver of the Trusted OS: SMCs for processes. */
#ifndef SECURE_CALL_H
#define SECURE_CALL_H
#include <stdint.h>

struct thread;

int64_t secure_call(struct thread *thread, uint64_t request);

#endif
