#include "secure_call.h"
#include "address_space.h"
#include "hypercall.h"
#include "lab.h"
#include "syscall.h"
#include "thread.h"

/* SMC Calling Convention (Arm DEN0028): bit 31 fast, 29 to 24 the owner; 50 to 63 are Trusted OSs. Bits 23 to 16 must be 0. */
#define TRUSTED_FAST_CALL(function) (((function) >> 31 & 1) && ((function) >> 24 & 0x3f) >= 50 && !((function) >> 16 & 0xff))

static void smc(uint64_t x[7], uint64_t crossing)
{
    register uint64_t x1 asm("x1") = x[1];
    register uint64_t x2 asm("x2") = x[2];
    register uint64_t x3 asm("x3") = x[3];
    register uint64_t x4 asm("x4") = x[4];
    register uint64_t x5 asm("x5") = x[5];
    register uint64_t x6 asm("x6") = x[6];
    lab_begin(crossing);
    register uint64_t x0 asm("x0") = x[0];
    asm volatile("smc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6)
                 :
                 : "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    x[0] = x0;
    lab_end(crossing);
    x[1] = x1, x[2] = x2, x[3] = x3;
}

/* Without a nanovisor there may be nobody whom an SMC reaches, and it would be undefined. */
int64_t secure_call(struct thread *thread, uint64_t request)
{
    struct secure_call call;
    if (!hypercalls_available())
        return ERROR_NO_NANOVISOR;
    if (copy_in(thread->process, &call, request, sizeof call))
        return ERROR_FAULT;
    if (call.x[0] >> 32 || !TRUSTED_FAST_CALL(call.x[0]))
        return ERROR_DENIED;
    smc(call.x, call.crossing);
    return copy_out(thread->process, request, &call, sizeof call);
}
