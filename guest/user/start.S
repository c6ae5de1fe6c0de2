#include "syscall.h"

/* x0: the argument string, sp: below it (kernel/program.c). */
    .section .text.start, "ax"
    .global _start
_start:
    mov     x29, xzr
    mov     x30, xzr
    bl      user_main
    brk     #0

    /* A thread's first instructions: x0 points to its function and its argument, at the top of its stack. */
    .text
    .global user_thread_start
user_thread_start:
    mov     x29, xzr
    ldp     x1, x0, [x0]
    blr     x1
    mov     x8, #SYS_THREAD_EXIT
    svc     #0
    brk     #0
