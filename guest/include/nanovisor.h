/*
 * What the nanovisor's guest kernel may ask of it, and the memory that it finds.
 *
 * A hypercall is HVC #0 at EL1 with the function identifier in x0 and arguments from x1 (SMC Calling Convention, Arm DEN0028: fast
 * calls of the vendor-specific hypervisor service, 64-bit). x0 comes back with 0 or a positive result, or with one of the negative
 * NV_E numbers; x1 to x5 carry further results where the table says so; every other register is kept. Unknown identifiers answer
 * -1, as the convention asks. PSCI (Arm DEN0022) is served through HVC and SMC alike.
 */
#ifndef NANOVISOR_H
#define NANOVISOR_H

/*
 * Memory. Guest-physical addresses are physical ones. The guest has the window below as its RAM, and the board's devices where the
 * virt board has them, but for those that the nanovisor emulates: the GIC, and what an application serves. It is started as a Linux
 * Image is: at EL1, MMU off, x0 = device tree, whose /chosen has its initrd and arguments, and x1 to x3 = 0.
 */
#define NV_GUEST_RAM 0x44000000UL
#define NV_GUEST_RAM_SIZE 0x04000000UL

/* What the bundle's entries for the nanovisor are called (bundle.h). */
#define NV_BUNDLE_KERNEL "kernel"       /* BUNDLE_KERNEL, started at EL1 */
#define NV_BUNDLE_INITRD "initrd"       /* BUNDLE_BUNDLE or anything else, the kernel's initrd */
#define NV_BUNDLE_ARGUMENTS "arguments" /* BUNDLE_TEXT, the kernel's bootargs */

/* INTID of the private peripheral interrupt that says: NV_EVENT has something. Edge-triggered, virtual. */
#define NV_EVENT_INTID 20u

#define NV_FUNCTION(n) (0xc6000000UL + (n))
/*                                        arguments                             results beside x0 */
#define NV_VERSION NV_FUNCTION(0x000)  /*                                       x0 = 1 */
#define NV_FEATURES NV_FUNCTION(0x001) /*                                       x0 = NV_HAS_ bits */
#define NV_LOG NV_FUNCTION(0x002)      /* guest-physical address, length <= 256 */
#define NV_EVENT NV_FUNCTION(0x003)    /* take the oldest event of this PE:     x0 = enum nv_event, x1 = owner, x2..x5 see there */
#define NV_WATCHDOG NV_FUNCTION(0x004) /* milliseconds until the nanovisor gives the guest up, unless called again; 0: off */
#define NV_NOP NV_FUNCTION(0x005)      /* nothing: what a hypercall costs */

/*
 * Hyplets. `owner` is the kernel's name for a process (its pid, not 0), and is what the nanovisor keeps a hyplet's memory by. `pe` is
 * the PE's number, -1 the one that calls. Addresses are the owner's virtual ones: MAP is called while the owner's tables are in
 * TTBR0_EL1, and the nanovisor takes from them what EL0 may reach, nothing else.
 */
#define NV_HYPLET_MODE NV_FUNCTION(0x100)     /* owner, enum hyplet_mode: before anything else; else HYPLET_CLASSIC */
#define NV_HYPLET_MAP NV_FUNCTION(0x101)      /* owner, address, size, HYPLET_WRITE or HYPLET_EXECUTE or 0 */
#define NV_HYPLET_UNMAP NV_FUNCTION(0x102)    /* owner, address, size */
#define NV_HYPLET_STACK NV_FUNCTION(0x103)    /* owner, pe, address, size: mapped writable already */
#define NV_HYPLET_CALLBACK NV_FUNCTION(0x104) /* owner, pe, function */
#define NV_HYPLET_TRAP NV_FUNCTION(0x105)     /* owner, pe, INTID or HYPLET_ALL_IRQS, enum hyplet_path */
#define NV_HYPLET_UNTRAP NV_FUNCTION(0x106)   /* owner, pe, INTID or HYPLET_ALL_IRQS */
#define NV_HYPLET_RPC NV_FUNCTION(0x107)      /* owner, pe, function, identifier */
#define NV_HYPLET_TIMER NV_FUNCTION(0x108)    /* owner, pe, first ns from now, period in ns (0: once; else >= 10000); both 0: stop */
#define NV_HYPLET_OFFLET NV_FUNCTION(0x109)   /* owner, pe that is off (PSCI), function; 0: give the PE back */
#define NV_HYPLET_BUDGET NV_FUNCTION(0x10a)   /* owner, ns that one run may take */
#define NV_HYPLET_RESET NV_FUNCTION(0x10b)    /* owner: end all it has on every PE, unmap, forget. At exit; never fails */
#define NV_HYPLET_HOOK NV_FUNCTION(0x10c)     /* INTID: run what HYPLET_HOOK bound to it on this PE. x0 = how many ran */
#define NV_HYPLET_EXECUTE NV_FUNCTION(0x10d)  /* owner, pe = this one: run the callback now. x1 = its result */
#define NV_HYPLET_ARGUMENTS NV_FUNCTION(0x10e) /* owner, pe, four values that the callback gets as x0 to x3 */
#define NV_HYPLET_STATUS NV_FUNCTION(0x10f)   /* owner: x0 = runs so far, x1 = ended?, x2 = pages mapped */
#define NV_PAGES NV_FUNCTION(0x110)           /* x0 = free pages of the nanovisor, x1 = owners, x2 = bindings: leaks show here.
                                                                                x3 = pages that tables of stage 2 have got, for good */

/* Stage-2 permissions. Addresses are guest-physical, in the guest's RAM, whole pages. */
#define NV_WATCH NV_FUNCTION(0x200)       /* address, size, enum nv_watch: no access until touched */
#define NV_WATCH_STATUS NV_FUNCTION(0x201) /* x0 = touches, x1 = last address, x2 = its pc, x3 = pages still closed */
#define NV_ACQUIRE NV_FUNCTION(0x202)     /* address of a page copied by NV_WATCH_ACQUIRE, guest-physical address to write it to */

/* Applications: 0x300 and on, in applications.h. */
#define NV_APPLICATION NV_FUNCTION(0x300)

#define NV_HAS_VHE (1UL << 0) /* guarded hyplets can be had */

#define NV_OK 0L
#define NV_EUNKNOWN (-1L) /* no such function: SMCCC's NOT_SUPPORTED */
#define NV_EINVAL (-22L)
#define NV_EFAULT (-14L)  /* an address that the owner may not use so */
#define NV_EBUSY (-16L)
#define NV_ENOMEM (-12L)
#define NV_ENOENT (-2L)   /* no such owner, or nothing bound there */
#define NV_ENOTSUP (-95L) /* not on this core */
#define NV_EDEAD (-3L)    /* the hyplet was ended */

enum nv_event_kind {
    NV_EVENT_NONE = 0,
    NV_EVENT_ENDED = 1, /* the owner's hyplets were ended: x2 = enum hyplet_end, x3 = ESR_EL2, x4 = its pc, x5 = FAR_EL2. Signal it */
    NV_EVENT_WAKE = 2,  /* a hyplet's or an offlet's callback returned other than 0: x2 = pe, x3 = the result. Wake hyp_wait(pe) */
};

enum nv_watch {
    NV_WATCH_OPEN = 0,    /* give the pages back */
    NV_WATCH_HONEYPOT = 1, /* report every first touch */
    NV_WATCH_ACQUIRE = 2, /* copy the page as it was before it is touched */
};

#endif
