// For each record of the table: TCR_EL1, key (low, high), pointer, modifier. Prints what the instructions make of them.
        .arch   armv8.5-a
        .global _start
_start:
        ldr     x20, =0x09000000        // the PL011's data register
        mrs     x0, sctlr_el1
        ldr     x1, =0xc8002000         // EnIA, EnIB, EnDA, EnDB
        orr     x0, x0, x1
        msr     sctlr_el1, x0
        adr     x21, table
        ldr     x22, =table_end
1:      cmp     x21, x22
        b.hs    9f
        ldp     x0, x1, [x21], #16
        msr     tcr_el1, x0
        ldp     x2, x23, [x21], #16
        ldr     x24, [x21], #8
        msr     apiakeylo_el1, x1
        msr     apiakeyhi_el1, x2
        msr     apibkeylo_el1, x1
        msr     apibkeyhi_el1, x2
        msr     apdakeylo_el1, x1
        msr     apdakeyhi_el1, x2
        msr     apdbkeylo_el1, x1
        msr     apdbkeyhi_el1, x2
        msr     apgakeylo_el1, x1
        msr     apgakeyhi_el1, x2
        isb
        .macro  show instruction:vararg
        mov     x0, x23
        \instruction
        bl      print
        .endm
        show    pacia x0, x24
        autia   x0, x24
        bl      print
        show    pacdb x0, x24
        autdb   x0, x24
        bl      print
        show    autib x0, x24
        show    autda x0, x24
        show    xpaci x0
        show    xpacd x0
        show    pacga x0, x0, x24
        b       1b
9:      ldr     x0, =0x84000008         // SYSTEM_OFF
        hvc     #0
        b       .

print:  mov     x3, #60
2:      lsr     x4, x0, x3
        and     x4, x4, #15
        add     x5, x4, #'0'
        add     x6, x4, #'a' - 10
        cmp     x4, #10
        csel    x5, x5, x6, lt
        str     w5, [x20]
        subs    x3, x3, #4
        b.ge    2b
        mov     w5, #'\n'
        str     w5, [x20]
        ret

        .balign 8
table:  .incbin "table.bin"
table_end:
