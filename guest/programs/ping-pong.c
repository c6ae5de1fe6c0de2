/*
 * ping-pong [ROUNDS] [time]: two processes and two semaphores, the reference that hyplets' RPC is published with. Counts that no
 * round was lost.
 */
#include "samples.h"
#include "user.h"

#define PING 0x70696e67
#define PONG 0x706f6e67

static int partner(uint64_t rounds)
{
    const int64_t ping = semaphore_open(PING, 0), pong = semaphore_open(PONG, 0);
    for (uint64_t n = 0; n < rounds; n++) {
        semaphore_wait(ping, FOREVER);
        semaphore_post(pong);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "partner"))
        return partner(number(argv[0]));
    const uint64_t rounds = argument_number(argc, argv, 0, 1000);
    char argument[32] = {0};
    unsigned used = 0;
    for (const char *p = argc && argv[0][0] >= '0' && argv[0][0] <= '9' ? argv[0] : "1000"; *p && used < 16; p++)
        argument[used++] = *p;
    memcpy(argument + used, " partner", sizeof " partner");

    const int64_t ping = semaphore_open(PING, 0), pong = semaphore_open(PONG, 0);
    const int64_t pid = spawn("ping-pong", argument);
    struct samples samples;
    samples_init(&samples, rounds);
    uint64_t answered = 0;
    for (uint64_t n = 0; n < rounds; n++) {
        const uint64_t start = clock();
        semaphore_post(ping);
        answered += semaphore_wait(pong, FOREVER) == 0;
        samples_add(&samples, clock() - start);
    }
    const int64_t status = wait(pid);
    printf("ping-pong: %lu rounds of %lu, partner's status %ld\n", answered, rounds, status);
    if (argument_has(argc, argv, "time"))
        samples_print(&samples, "ping-pong");
    return answered != rounds;
}
