/*
 * manager: init of the guest kernel, which loads, replaces, calls and unloads applications by system calls; and what the kernel and
 * the nanovisor refuse. Its console is an application as well.
 */
#include "application.h"
#include "coprocessor.h"
#include "hyplet.h"
#include "samples.h"
#include "tee.h"
#include "user.h"

#define KERNEL_WINDOW 0xffffff8044000000UL
#define UNMAPPED 0x2000000000UL
#define TURNS 100000UL

extern const char tee_image[], tee_image_end[], scheduler_image[], scheduler_image_end[];

static int64_t control(uint64_t operation, const char *service, const void *image, uint64_t size)
{
    const struct application_request request = {operation, application_service(service), (uint64_t)image, size};
    return syscall6(SYS_APPLICATION, (uint64_t)&request, 0, 0, 0, 0);
}

static int64_t call(uint64_t function, uint64_t a, uint64_t b)
{
    struct secure_call request = {.x = {function, a, b}};
    const int64_t error = secure_call(&request);
    return error ? error : (int64_t)request.x[0];
}

static int64_t load_tee(void) { return control(APPLICATION_LOAD, "late", tee_image, (uint64_t)(tee_image_end - tee_image)); }
static int64_t load_scheduler(void)
{
    return control(APPLICATION_LOAD, "late", scheduler_image, (uint64_t)(scheduler_image_end - scheduler_image));
}

static void use_timer(void)
{
    const int64_t job = call(COPROCESSOR_SUBMIT, 5, 1);
    int64_t left;
    uint64_t turns = 0;
    do
        left = call(COPROCESSOR_STATE, (uint64_t)job, 0);
    while (left > 0 && ++turns < TURNS);
    printf("manager: job %ld has %ld units left\n", job, left);
}

static void refusals(void)
{
    printf("manager: no request %ld, no service %ld", syscall6(SYS_APPLICATION, UNMAPPED, 0, 0, 0, 0),
           control(APPLICATION_LOAD, "nobody", tee_image, 4096));
    printf(", no operation %ld, unmapped image %ld", control(99, "late", tee_image, 4096),
           control(APPLICATION_LOAD, "late", (void *)UNMAPPED, 4096));
    printf(", the kernel's %ld", control(APPLICATION_LOAD, "late", (void *)KERNEL_WINDOW, 4096));
    printf(", overflow %ld", control(APPLICATION_LOAD, "late", tee_image, ~0UL));
    printf(", a call with the kernel's words %ld", secure_call((struct secure_call *)KERNEL_WINDOW));
    printf(", a call to the nanovisor %ld\n", call(0xc6000000, 0, 0));
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "child")) {
        printf("manager: another process gets %ld\n", load_tee());
        return 0;
    }
    use_timer();
    printf("manager: state %ld, a call answers %ld\n", control(APPLICATION_STATUS, "late", 0, 0), call(TEE_VERSION, 0, 0));
    printf("manager: loading answers %ld\n", load_tee());
    printf("manager: state %ld, a call answers %ld\n", control(APPLICATION_STATUS, "late", 0, 0), call(TEE_VERSION, 0, 0));
    refusals();
    printf("manager: it still serves: %ld\n", call(TEE_VERSION, 0, 0));
    printf("manager: replacing answers %ld\n", load_scheduler());
    printf("manager: a call answers %ld\n", call(TEE_VERSION, 0, 0));
    printf("manager: replacing answers %ld\n", load_tee());
    printf("manager: a call answers %ld, a fault %ld, then %ld\n", call(TEE_VERSION, 0, 0), call(TEE_FAULT, TEE_JUMP, 0),
           call(TEE_VERSION, 0, 0));
    wait(spawn("manager", "child"));
    printf("manager: unloading answers %ld, a call %ld\n", control(APPLICATION_UNLOAD, "late", 0, 0), call(TEE_VERSION, 0, 0));
    return 0;
}
