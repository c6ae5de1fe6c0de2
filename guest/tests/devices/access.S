// Carries out a script of memory accesses and semihosting calls, so that one machine's devices can be compared with
// another's. Built by test/devices/qemu.ts; bare metal at EL1, MMU off.
//
// Script at 0x41000000: records of { u32 kind; u32 value; u64 address; }, ended by kind 0. Every read, and every
// semihosting call, appends a u64 to the results at 0x44000000, which go to the host file "results" at the end.

    .text
    .global _start
_start:
    ldr     x19, =0x41000000
    ldr     x20, =0x44000000
next:
    ldp     w0, w1, [x19]
    ldr     x2, [x19, #8]
    add     x19, x19, #16
    cmp     w0, #10
    b.hi    end
    adr     x3, table
    ldr     w4, [x3, w0, uxtw #2]
    add     x3, x3, w4, sxtw
    br      x3
table:
    .word   end - table
    .word   read8 - table
    .word   read16 - table
    .word   read32 - table
    .word   read64 - table
    .word   write8 - table
    .word   write16 - table
    .word   write32 - table
    .word   write64 - table
    .word   call - table
    .word   wait16 - table

read8:
    ldrb    w0, [x2]
    b       result
read16:
    ldrh    w0, [x2]
    b       result
read32:
    ldr     w0, [x2]
    b       result
read64:
    ldr     x0, [x2]
result:
    str     x0, [x20], #8
    b       next
write8:
    strb    w1, [x2]
    b       next
write16:
    strh    w1, [x2]
    b       next
write32:
    str     w1, [x2]
    b       next
write64:
    str     x1, [x2]
    b       next
call:
    mov     w0, w1
    mov     x1, x2
    hlt     #0xf000
    b       result
// Devices may answer later: wait for a half-word to become `value`, but not for ever.
wait16:
    mov     x5, #0x1000000
1:  ldrh    w0, [x2]
    cmp     w0, w1
    b.eq    next
    subs    x5, x5, #1
    b.ne    1b
    b       next

end:
    adr     x1, open
    mov     w0, #1
    hlt     #0xf000
    adr     x1, block
    str     x0, [x1]
    ldr     x2, =0x44000000
    sub     x3, x20, x2
    stp     x2, x3, [x1, #8]
    mov     w0, #5
    hlt     #0xf000
    mov     w0, #2
    hlt     #0xf000
    adr     x1, stop
    mov     w0, #0x18
    hlt     #0xf000
    b       .

    .balign 8
open:
    .quad   name, 5, 7
block:
    .quad   0, 0, 0
stop:
    .quad   0x20026, 0
name:
    .asciz  "results"
