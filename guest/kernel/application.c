#include "application.h"
#include "hypercall.h"
#include "memory.h"
#include "nanovisor.h"
#include "process.h"
#include "syscall.h"
#include "thread.h"

/* The image is the caller's memory; the nanovisor reads it through the tables in TTBR0_EL1, which are the caller's. */
int64_t application_control(struct thread *thread, uint64_t request)
{
    struct application_request wanted;
    if (thread->process->pid != 1)
        return ERROR_DENIED;
    if (!hypercalls_available())
        return ERROR_NO_NANOVISOR;
    if (copy_in(thread->process, &wanted, request, sizeof wanted))
        return ERROR_FAULT;
    return hypercall(NV_APPLICATION, wanted.operation, wanted.service, wanted.image, wanted.size);
}
