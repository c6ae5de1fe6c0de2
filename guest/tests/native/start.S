/* A guest of the nanovisor's that asks its services everything: an arm64 Image at EL1 with the MMU off. */
    .section .text.start, "ax"
    .global _start
_start:                                     // the Image header (Linux, Documentation/arch/arm64/booting.rst)
    b       first
    .word   0
    .quad   0x200000
    .quad   __image_end - _start
    .quad   0b1010
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0
first:
    ldr     x0, =first_stack
    mov     sp, x0
    bl      client
1:  wfi
    b       1b
    .global second
second:
    ldr     x0, =second_stack
    mov     sp, x0
    bl      client_second
2:  wfi
    b       2b

    .section .rodata, "a"
    .balign 4096
    .global image, image_end
image:
    .incbin SCHEDULER
image_end:
    .bss
    .balign 16
    .skip   0x4000
first_stack:
    .skip   0x4000
second_stack:
