/*
 * Programs that have code at EL2: main() runs at EL1 as the guest, and at_el2() runs a function at EL2, with the MMU off. One source
 * file of a program includes this.
 */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H
#include "sysreg.h"
#include <stdint.h>

#define HCR_PLAIN (HCR_RW | HCR_APK | HCR_API)

static char el2_stack[0x4000] __attribute__((aligned(16), used));

/* x0 to x30 as the vectors below save them. */
struct el2_frame {
    uint64_t x[32];
};

asm(".pushsection .text.el2_vectors, \"ax\"\n"
    ".balign 0x800\n"
    ".global el2_vectors\n"
    "el2_vectors:\n"
    ".irp offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780\n"
    ".balign 0x80\n"
    "    msr tpidr_el2, x0\n"
    "    adrp x0, el2_stack + 0x4000\n"
    "    add x0, x0, :lo12:el2_stack + 0x4000\n"
    "    mov sp, x0\n"
    "    sub sp, sp, #256\n"
    "    mrs x0, tpidr_el2\n"
    "    stp x0, x1, [sp]\n"
    "    mov x1, #\\offset\n"
    "    b el2_enter\n"
    ".endr\n"
    "el2_enter:\n"
    ".irp n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28\n"
    "    str x\\n, [sp, #8 * \\n]\n"
    ".endr\n"
    ".irp n, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 30\n"
    "    str x\\n, [sp, #8 * \\n]\n"
    ".endr\n"
    "    mov x0, sp\n"
    "    bl el2_taken\n"
    ".irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30\n"
    "    ldr x\\n, [sp, #8 * \\n]\n"
    ".endr\n"
    "    ldp x0, x1, [sp]\n"
    "    eret\n"
    ".popsection\n");

/* The program's: any exception that EL2 takes; `vector` is the offset from VBAR_EL2. */
void el2_taken(struct el2_frame *frame, uint64_t vector);

#define EC_HVC64 0x16u

/* When the exception is an HVC of at_el2(): does it. */
static int hypervisor_called(struct el2_frame *frame)
{
    if (ESR_EC(read_sysreg(esr_el2)) != EC_HVC64)
        return 0;
    frame->x[0] = ((uint64_t(*)(uint64_t))frame->x[0])(frame->x[1]);
    return 1;
}

static uint64_t at_el2(uint64_t (*function)(uint64_t), uint64_t argument)
{
    register uint64_t x0 asm("x0") = (uint64_t)function;
    register uint64_t x1 asm("x1") = argument;
    asm volatile("hvc #0" : "+r"(x0) : "r"(x1) : "memory", "x16", "x17", "x30");
    return x0;
}

#define ACCESSORS(name)                                                 \
    static __attribute__((unused)) uint64_t get_##name(uint64_t unused) \
    {                                                                   \
        (void)unused;                                                   \
        return read_sysreg(name);                                       \
    }                                                                   \
    static __attribute__((unused)) uint64_t set_##name(uint64_t value)  \
    {                                                                   \
        write_sysreg(name, value);                                      \
        isb();                                                          \
        return 0;                                                       \
    }
#define READER(name)                                                    \
    static __attribute__((unused)) uint64_t get_##name(uint64_t unused) \
    {                                                                   \
        (void)unused;                                                   \
        return read_sysreg(name);                                       \
    }
#define GET(name) at_el2(get_##name, 0)
#define SET(name, value) at_el2(set_##name, value)

#endif
