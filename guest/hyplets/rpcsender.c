/*
 * rpcsender [CALLS] [guarded] [time]: HypRPC to another process, which runs in EL2 at once: the kernel has no part in it. The
 * reference is ping-pong.
 */
#include "libhyplet.h"
#include "rpc.h"
#include "samples.h"

int main(int argc, char **argv)
{
    const uint64_t wanted = argument_number(argc, argv, 0, 1000);
    const int64_t ready = semaphore_open(RPC_READY, 0), done = semaphore_open(RPC_DONE, 0);
    const int64_t pid = spawn("rpcreceiver", argument_has(argc, argv, "guarded") ? "guarded" : "classic");
    hyplet_check(pid, "starting rpcreceiver");
    semaphore_wait(ready, FOREVER);

    struct samples samples;
    samples_init(&samples, wanted);
    uint64_t right = 0;
    for (uint64_t n = 0; n < wanted; n++) {
        const uint64_t start = cycles();
        right += hyplet_rpc_call(RPC_ID, n, 1, 2, 3) == (int64_t)n + 6;
        samples_add(&samples, cycles() - start);
    }
    printf("rpcsender: %lu of %lu answers right\n", right, wanted);
    printf("rpcsender: another id answers %ld, then %ld\n", hyplet_rpc_call(RPC_ID_SHARED, 5, 0, 0, 0),
           hyplet_rpc_call(RPC_ID_SHARED, 7, 0, 0, 0));
    printf("rpcsender: a wrong id answers %ld\n", hyplet_rpc_call(RPC_ID_WRONG, 0, 0, 0, 0));
    if (argument_has(argc, argv, "time"))
        samples_print(&samples, "rpcsender");
    semaphore_post(done);
    const int64_t status = wait(pid);
    return right != wanted || status;
}
