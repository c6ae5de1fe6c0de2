/* rpcreceiver [guarded]: serves HypRPC until it is told to stop, and says how many calls came. rpcsender starts it. */
#include "libhyplet.h"
#include "rpc.h"

static volatile uint64_t calls, sums;

static uint64_t add(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    calls++;
    return a + b + c + d;
}

static uint64_t count(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    sums += a;
    return sums;
}

int main(int argc, char **argv)
{
    const int64_t ready = semaphore_open(RPC_READY, 0), done = semaphore_open(RPC_DONE, 0);
    hyplet_choose(argc, argv);
    hyplet_begin(add, -1);
    hyplet_check(hyplet_rpc_set(add, RPC_ID, -1), "serving the first id");
    hyplet_check(hyplet_rpc_set(count, RPC_ID_SHARED, -1), "serving the second id");
    semaphore_post(ready);
    semaphore_wait(done, FOREVER);
    printf("rpcreceiver: %lu calls, sum %lu\n", calls, sums);
    return 0;
}
