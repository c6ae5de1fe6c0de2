/* The mediator of SMCs (apps/tee.c): a small service as a Trusted OS gives it. Function identifiers: SMCCC fast calls, owner 50. */
#ifndef TEE_H
#define TEE_H

#define TEE_VERSION 0xb2000000UL   /*                                   x0 = 1, x1 = PSCI_VERSION as the firmware says */
#define TEE_OPEN 0xb2000001UL      /*                                   x0 = session, > 0 */
#define TEE_CLOSE 0xb2000002UL     /* session */
#define TEE_COUNT 0xb2000003UL     /* session:                          x0 = how often this was asked in it, counting from 1 */
#define TEE_DIGEST 0xb2000004UL    /* session, guest-physical address, length <= 4096 in one page; the page for the SHA-256's 32 bytes */
#define TEE_FAULT 0xb20000ffUL     /* enum tee_fault, value: do it. For tests */
#define TEE_LAST 0xb20000ffUL

#define TEE_SESSIONS 8
#define TEE_MEETINGS 4

enum tee_fault {
    TEE_READ_FOREIGN,   /* value: an address that isn't its own */
    TEE_WRITE_CODE,
    TEE_JUMP,           /* value: where to; 0 for NULL */
    TEE_RUN_ON,
    TEE_DIVIDE,         /* 0 on this architecture: nothing happens */
    TEE_STACK,          /* use it all up */
    TEE_HYPERCALL,
    TEE_SMC,            /* executed, not asked for */
    TEE_LONG_LOG,       /* the answer of app_log with a length of `value`; it isn't a crash */
    TEE_FOREIGN_LOG,    /* the same of text at `value` */
    TEE_FOREIGN_PAGE,   /* the answer of app_map_guest_page at `value`: 0 if refused */
    TEE_FOREIGN_IO,     /* the same of app_map_io */
    TEE_POWER_OFF,      /* the answer of app_call_smc with SYSTEM_OFF */
    TEE_PANIC,
    TEE_SYSTEM_REGISTER, /* read SCTLR_EL1 */
    TEE_EXECUTE_DATA,
    TEE_MEET,           /* value: a meeting. Wait until two PEs are there, by this or the next two; then come back */
    TEE_MEET_PANIC,     /* the same, and then panic */
    TEE_MEET_RUN_ON,    /* the same, and then run on */
};

#endif
