/* Synchronous messages: a call, copied once from caller to receiver, and an answer, copied once back. */
#ifndef IPC_H
#define IPC_H
#include <stdint.h>

struct process;
struct thread;

int64_t ipc_call(struct thread *caller, unsigned pid, uint64_t message, uint64_t length, uint64_t answer, uint64_t room);
int64_t ipc_receive(struct thread *receiver, uint64_t buffer, uint64_t room, uint64_t until);
int64_t ipc_reply(struct thread *replier, unsigned tid, uint64_t answer, uint64_t length);
/* The process ends: its callers hear that. */
void ipc_release(struct process *process);

#endif
