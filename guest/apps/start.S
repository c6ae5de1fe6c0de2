    /* The one entry point: x0 = enum app_function, x1 to x7 its parameters, sp = this PE's stack. */
    .section .text.start, "ax"
    .global _start
_start:
    mov     x29, xzr
    mov     x30, xzr
    b       app_enter
