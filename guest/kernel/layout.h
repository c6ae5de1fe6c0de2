/*
 * Addresses. The upper half (TTBR1) is the kernel's, the lower half (TTBR0) the running process's; both have 39 bits.
 *
 *   ffffff80'00000000  window: physical address + WINDOW_VA. RAM and the devices in use; never executable
 *   ffffffc0'00000000  the kernel's image, each section with its own permissions, and a stack for each PE between guard pages
 *
 *   00000000'00400000  a program's segments
 *   00000010'00000000  what SYS_MAP gives out, upwards
 *   0000003f'fffff000  end of the first thread's stack and of the argument string
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define VA_BITS 39
#define MAIR_VALUE 0xff440400 /* by enum memory_type (mmu.h): Device-nGnRnE, Device-nGnRE, Normal Non-cacheable, Normal Write-Back */
#define WINDOW_VA 0xffffff8000000000
#define WINDOW_SIZE 0x4000000000
#define KERNEL_VA 0xffffffc000000000

#define USER_MAP_START 0x1000000000
#define USER_STACK_TOP 0x3ffffff000
#define USER_STACK_SIZE 0x10000
#define USER_END 0x4000000000

#define STACK_SIZE 0x2000
#define STACK_STRIDE 0x3000 /* a guard page below each stack */

#define MAX_PES 8
#define MAX_PROCESSES 32
#define MAX_THREADS 64

#endif
