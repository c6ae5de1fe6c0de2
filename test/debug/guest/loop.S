/* Something to debug: functions, variables, a loop that never ends, a second PE that counts too. */
    .text
    .global _start, work, add, store_all, load_all, secondary, counter, bytes, words, shared, done_once
_start:
    ldr     x1, =stack_top
    mov     sp, x1
    mov     x0, #3 << 20            // CPACR_EL1.FPEN
    msr     cpacr_el1, x0
    isb
    mov     x19, #0
    /* PSCI CPU_ON of PE 1; fails quietly where there is none. */
    ldr     w0, =0xc4000003
    mov     x1, #1
    adr     x2, secondary
    mov     x3, #0x55
    hvc     #0
done_once:
    fmov    d0, #1.5
    mov     v1.16b, v0.16b
again:
    bl      work
    add     x19, x19, #1
    b       again

work:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    ldr     x9, =counter
    ldr     x0, [x9]
    mov     x1, #1
    bl      add
    str     x0, [x9]
    bl      store_all
    bl      load_all
    ldp     x29, x30, [sp], #16
    ret

add:
    add     x0, x0, x1
    ret

store_all:
    ldr     x9, =bytes
    mov     w1, #0x11
    strb    w1, [x9]
    strh    w1, [x9, #2]
    str     w1, [x9, #4]
    stp     x1, x0, [x9, #8]
    ret

load_all:
    ldr     x9, =words
    ldrb    w1, [x9]
    ldr     x2, [x9, #8]
    ldp     x3, x4, [x9, #16]
    ret

secondary:
    ldr     x1, =second_stack_top
    mov     sp, x1
    ldr     x9, =shared
1:  ldr     x10, [x9]
    add     x10, x10, #1
    str     x10, [x9]
    bl      beat
    b       1b
    .global beat
beat:
    nop
    ret

    .data
    .balign 4096
counter: .quad 0
bytes:   .skip 32
words:   .quad 1, 2, 3, 4
    .balign 4096
shared:  .quad 0
    .bss
    .balign 4096
    .skip 4096
stack_top:
    .skip 4096
second_stack_top:
