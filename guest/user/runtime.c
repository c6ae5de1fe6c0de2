/* The way into main(), and threads. */
#include "user.h"

#define MAX_WORDS 160

void user_main(char *argument);
void user_thread_start(void *start);

void user_main(char *argument)
{
    static char *words[MAX_WORDS + 1];
    int count = 0;
    for (char *p = argument; *p && count < MAX_WORDS;) {
        while (*p == ' ')
            *p++ = 0;
        if (*p)
            words[count++] = p;
        while (*p && *p != ' ')
            p++;
    }
    const int status = main(count, words);
    printf_flush();
    exit(status);
}

int64_t thread_create(void (*function)(void *), void *argument, void *stack, size_t size, unsigned priority)
{
    uint64_t *start = (uint64_t *)((char *)stack + size) - 2;
    start[0] = (uint64_t)function;
    start[1] = (uint64_t)argument;
    return syscall6(SYS_THREAD_CREATE, (uint64_t)user_thread_start, (uint64_t)start, (uint64_t)start, priority, 0);
}

int64_t ipc_receive(void *buffer, size_t room, uint64_t until, int64_t *caller)
{
    register uint64_t x8 asm("x8") = SYS_IPC_RECEIVE;
    register uint64_t x0 asm("x0") = (uint64_t)buffer;
    register uint64_t x1 asm("x1") = room;
    register uint64_t x2 asm("x2") = until;
    asm volatile("svc #0" : "+r"(x0), "+r"(x1) : "r"(x8), "r"(x2) : "memory");
    *caller = (int64_t)x1;
    return (int64_t)x0;
}
