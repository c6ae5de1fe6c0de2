/*
 * Hyplets: the control structure of the system call, as published (Ben Yehuda, "Hyplets"), and words that the user library, the
 * guest kernel and the nanovisor share. Commands above 16 are ours.
 */
#ifndef HYPLET_H
#define HYPLET_H

#define SYS_HYPLET 285      /* x8; x0 = struct hyplet_ctrl *. Answers 0 or more, or a negative errno */
#define HYPLET_RPC_BRK 4    /* BRK #4: x0 = identifier, x1 to x4 = arguments; x0 = the answer, or -1 for an unknown identifier */
#define HYPLET_ALL_IRQS 0xffff

/* Permissions of NV_HYPLET_MAP beside reading; never both. */
#define HYPLET_WRITE 1
#define HYPLET_EXECUTE 2

#ifndef __ASSEMBLER__
enum hyplet_command {
    HYPLET_SET_CALLBACK = 1,        /* rpc_set.func_addr, cpu */
    HYPLET_MAP_STACK = 2,           /* map_addr, cpu: maps it writable and uses it */
    HYPLET_MAP_ALL = 3,             /* every region of the process, with its own permissions */
    HYPLET_TRAP_IRQ = 4,            /* irq, cpu; path */
    HYPLET_UNTRAP_IRQ = 5,          /* irq, cpu */
    HYPLET_SET_RPC = 7,             /* rpc_set, cpu */
    HYPLET_IMP_TIMER = 8,           /* trap every interrupt: cpu; path */
    HYPLET_OFFLET_SET_CALLBACK = 9, /* rpc_set.func_addr, cpu that has been dropped */
    HYPLET_WAIT = 10,               /* cpu, timeout_ms: until a callback there returns other than 0. -ETIMEDOUT */
    HYPLET_EXECUTE_CALLBACK = 11,   /* cpu: now, on this PE */
    HYPLET_MAP = 13,                /* map_addr: with the permissions of the regions that it lies in */
    HYPLET_MAP_VMA = 14,            /* the region that holds map_addr.addr */
    HYPLET_SET_MODE = 17,           /* mode: first of all */
    HYPLET_SET_TIMER = 18,          /* timer, cpu */
    HYPLET_SET_BUDGET = 19,         /* timer.first_ns */
    HYPLET_SET_ARGUMENTS = 20,      /* arguments, cpu */
    HYPLET_DROP_CPU = 21,           /* cpu: the kernel takes it off */
    HYPLET_UNMAP = 22,              /* map_addr */
    HYPLET_OFFLET_STOP = 23,        /* cpu: the PE goes back to being off */
    HYPLET_WATCH = 24,              /* map_addr, irq = enum nv_watch: close whole pages to everyone until they are touched */
    HYPLET_WATCH_STATUS = 25,       /* irq: which of NV_WATCH_STATUS's results; an address is the offset in its page */
    HYPLET_ACQUIRE = 26,            /* map_addr.addr = a page that was acquired, arguments[0] = the page to copy it to */
    HYPLET_RESOURCES = 27,          /* irq: which of NV_PAGES's results */
};

enum hyplet_mode {
    HYPLET_CLASSIC = 0, /* EL2t in EL2's own regime, as published: fast, and trusted with everything */
    HYPLET_GUARDED = 1, /* EL0 in the EL2&0 regime: needs VHE */
};

enum hyplet_path {
    HYPLET_IMO = 1,  /* generation 1: EL2 takes the interrupt and runs the hyplet before the kernel sees it */
    HYPLET_HOOK = 2, /* generation 2: the kernel takes the interrupt and calls NV_HYPLET_HOOK from its handler */
};

/* Why a hyplet was ended. */
enum hyplet_end {
    HYPLET_END_FAULT = 1,   /* an exception that it may not take; ESR_EL2 says which */
    HYPLET_END_SYSCALL = 2, /* SVC, HVC or SMC */
    HYPLET_END_BUDGET = 3,  /* ran longer than it may */
    HYPLET_END_RESET = 4,   /* its owner went away under it */
};

struct hyplet_ctrl {
    int cmd;
    int irq;
    int cpu; /* < 0: the one that calls */
    int timeout_ms;
    struct {
        unsigned long addr;
        int size;
    } __attribute__((packed)) map_addr;
    struct {
        long func_addr;
        int func_id;
    } __attribute__((packed)) rpc_set;
    int path; /* enum hyplet_path; 0 is HYPLET_IMO */
    int mode; /* enum hyplet_mode */
    struct {
        unsigned long first_ns;
        unsigned long period_ns;
    } __attribute__((packed)) timer;
    unsigned long arguments[4];
} __attribute__((packed));
#endif

#endif
