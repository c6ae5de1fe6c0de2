/*
 * Where the nanovisor is.
 *
 * physical                                    virtual, at EL2
 * 40000000  device tree, for an ELF           8000_40000000  all of RAM, read and write: the linear map
 * 40200000  image: text, rodata, data         8000_40200000  the same, each with its own permissions; stacks between guard pages
 *           pool of pages, to 41000000
 * 41000000  native applications
 * 44000000  the guest's RAM (nanovisor.h)     7f80_00000000  the page that guarded code returns through
 * 48000000  bundle, device tree                      0 - 7f7fffffffff  a process that has hyplets, where it sees itself
 *
 * One table serves EL2 and hyplets: they have the lower half, we the upper, so that running one needs no switch of tables.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define RAM_BASE 0x40000000
#define IMAGE_OFFSET 0x200000
#define LINEAR_BASE 0x800000000000
#define POOL_END 0x41000000
#define APPLICATIONS_END 0x44000000

#define USER_END 0x7f8000000000
#define TRAMPOLINE 0x7f8000000000
#define TRAMPOLINE_RETURN 0x7f8000000004 /* after its SVC */

/* The stack lies in the upper half of its slot; what is below is never mapped. */
#define STACK_SIZE_SHIFT 14
#define STACK_SIZE (1 << STACK_SIZE_SHIFT)
#define STACK_SLOT (2 * STACK_SIZE)

#endif
