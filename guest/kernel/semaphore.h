/* Counting semaphores, named by a key, shared by those who have opened them. */
#ifndef SEMAPHORE_H
#define SEMAPHORE_H
#include <stdint.h>

struct process;
struct thread;

int64_t semaphore_open(struct process *process, uint64_t key, uint64_t value);
int64_t semaphore_close(struct process *process, uint64_t id);
int64_t semaphore_wait(struct thread *thread, uint64_t id, uint64_t until);
int64_t semaphore_post(struct process *process, uint64_t id);
void semaphores_release(struct process *process);
unsigned semaphores_count(void);

#endif
