// Firmware for a board with EL3, run from flash at address 0 by every PE: looks at what only Secure accesses find, programs
// flash and executes what it wrote there, and switches the machine off. Prints a line of hexadecimal for each thing it saw
// on the Secure PL011. Built by test/board/firmware.test.ts.

    .equ    uart, 0x09040000
    .equ    gpio, 0x090b0000
    .equ    secure_ram, 0x0e000000
    .equ    own_block, 0x00040000
    .equ    other_bank, 0x04000000

    .text
    .global _start
_start:
    mrs     x0, mpidr_el1
    and     x0, x0, #0xff
    cbz     x0, first
    // The other PEs say that they run, in Secure RAM, and wait.
    ldr     x1, =secure_ram + 0x1000
    mrs     x2, currentel
    add     x2, x2, x0
    str     x2, [x1, x0, lsl #3]
    dsb     sy
1:  wfe
    b       1b

first:
    adr     x0, vectors
    msr     vbar_el3, x0
    isb
    mrs     x0, currentel
    bl      show
    mrs     x0, scr_el3
    and     x0, x0, #1
    bl      show
    ldr     x1, =secure_ram
    ldr     x0, =0x0123456789abcdef
    str     x0, [x1, #8]
    ldr     x0, [x1, #8]
    bl      show
    // Wait for the second PE, but not for ever.
    mov     x5, #0x1000000
2:  ldr     x0, [x1, #0x1008]
    cbnz    x0, 3f
    subs    x5, x5, #1
    b.ne    2b
3:  bl      show
    ldr     x1, =gpio
    ldr     w0, [x1, #0xfe0]
    bl      show
    ldr     x1, =uart
    ldr     w0, [x1, #0xfe0]
    bl      show

    // Flash of its own, twice the same place: by code in Secure RAM, since flash that is programmed can't be executed.
    adr     x0, program_function
    adr     x1, program_end
    ldr     x12, =secure_ram + 0x2000
    mov     x2, x12
8:  ldr     w3, [x0], #4
    str     w3, [x2], #4
    cmp     x0, x1
    b.lo    8b
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    ldr     x10, =own_block
    mov     w11, #42
    blr     x12
    blr     x10
    bl      show
    mov     w11, #43
    blr     x12
    blr     x10
    bl      show
    // A block is erased to ones.
    ldr     x10, =other_bank
    mov     w0, #0x20
    str     w0, [x10]
    mov     w0, #0xd0
    str     w0, [x10]
    ldr     w0, [x10]
    bl      show
    mov     w0, #0xff
    str     w0, [x10]
    ldr     w0, [x10]
    bl      show
    add     x0, x10, #0x40, lsl #12
    ldr     w0, [x0]
    bl      show

    // What Non-secure accesses find: set SCR_EL3.NS and go to EL1 below.
    ldr     x0, =0x401             // RW, NS
    msr     scr_el3, x0
    mov     x0, #0x3c5
    msr     spsr_el3, x0
    adr     x0, below
    adr     x1, below_end
    ldr     x2, =0x40080000
4:  ldr     w3, [x0], #4
    str     w3, [x2], #4
    cmp     x0, x1
    b.lo    4b
    dsb     sy
    ic      iallu
    dsb     sy
    ldr     x2, =0x40080000
    msr     elr_el3, x2
    isb
    eret

// x10: address; w11: a number. Programs `mov w0, #number; ret` there.
program_function:
    mov     w0, #0x40
    str     w0, [x10]
    mov     w0, #0x52800000
    orr     w0, w0, w11, lsl #5
    str     w0, [x10]
    mov     w0, #0x40
    str     w0, [x10, #4]
    mov     w0, #0x03c0
    movk    w0, #0xd65f, lsl #16
    str     w0, [x10, #4]
    mov     w0, #0xff
    str     w0, [x10]
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    ret
program_end:

// Runs at EL1 in RAM: touches what is Secure, in turn; each faults to its own vectors, which call EL3.
    .balign 8
below:
    ldr     x20, =0x40090000
    msr     vbar_el1, x20
    // b to the SMC, in the vector of a synchronous exception with SP_EL1.
    movz    w21, #0x0003
    movk    w21, #0xd400, lsl #16   // smc #0
    str     w21, [x20, #0x200]
    movz    w21, #0x03e0
    movk    w21, #0xd69f, lsl #16   // eret
    str     w21, [x20, #0x204]
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    movz    x1, #0x0e00, lsl #16
    ldr     x0, [x1]
    movz    x1, #0x0904, lsl #16
    ldr     w0, [x1]
    movz    x1, #0x090b, lsl #16
    ldr     w0, [x1]
    mov     x1, #0
    ldr     w0, [x1]
    movz    x1, #0x0400, lsl #16
    ldr     w0, [x1]
    hvc     #1
    b       .
    .ltorg
below_end:

    .balign 0x800
vectors:
    .balign 0x80
    b       .
    .balign 0x80
    b       .
    .balign 0x80
    b       .
    .balign 0x80
    b       .
    .balign 0x80
    b       from_el3
    .balign 0x80
    b       .
    .balign 0x80
    b       .
    .balign 0x80
    b       .
    .balign 0x80
    b       from_below

// A fault of the firmware itself: that wasn't expected.
from_el3:
    mrs     x0, esr_el3
    bl      show
    b       off

// An SMC of the vector below, after a fault: show its syndrome, step over. An end otherwise.
from_below:
    mrs     x0, esr_el1
    bl      show
    mrs     x0, far_el1
    bl      show
    mrs     x0, elr_el1
    add     x0, x0, #4
    msr     elr_el1, x0
    ldr     x1, =0x40080000
    sub     x0, x0, x1
    bl      show
    // An HVC, which EL1 takes itself as UNDEFINED, is the last.
    mrs     x0, esr_el1
    lsr     x0, x0, #26
    cbz     x0, off
    eret

off:
    ldr     x1, =gpio
    mov     w0, #1
    str     w0, [x1, #0x400]
    str     w0, [x1, #0x3fc]
5:  wfi
    b       5b

// Prints x0 and a newline; keeps all but x0, x6 to x9.
show:
    ldr     x6, =uart
    mov     x7, #16
6:  ror     x0, x0, #60
    and     w8, w0, #15
    add     w9, w8, #'0'
    cmp     w8, #10
    b.lo    7f
    add     w9, w8, #'a' - 10
7:  str     w9, [x6]
    subs    x7, x7, #1
    b.ne    6b
    mov     w9, #'\n'
    str     w9, [x6]
    ret
    .ltorg
