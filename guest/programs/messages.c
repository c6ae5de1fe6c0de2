/*
 * messages [ROUNDS] [time]: calls to a server process that answers each message with the same bytes, the first of them one greater;
 * of 0, 64, 4096 and more bytes.
 */
#include "samples.h"
#include "user.h"

#define LARGEST 10000

static int serve(void)
{
    static uint8_t buffer[LARGEST];
    for (;;) {
        int64_t caller;
        const int64_t length = ipc_receive(buffer, sizeof buffer, FOREVER, &caller);
        if (length < 0)
            return 1;
        buffer[0]++;
        if (ipc_reply(caller, buffer, (size_t)length) < 0)
            return 1;
    }
}

static unsigned wrong_bytes(const uint8_t *message, const uint8_t *answer, size_t length)
{
    unsigned wrong = 0;
    for (size_t n = 0; n < length; n++)
        wrong += answer[n] != (uint8_t)(message[n] + !n);
    return wrong;
}

static void rounds_of(int64_t server, size_t length, uint64_t rounds, int time)
{
    static uint8_t message[LARGEST], answer[LARGEST];
    struct samples samples;
    samples_init(&samples, rounds);
    unsigned wrong = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        for (size_t n = 0; n < length; n++)
            message[n] = (uint8_t)(n * 7 + round);
        const uint64_t start = clock();
        wrong += ipc_call(server, message, length, answer, sizeof answer) != (int64_t)length;
        samples_add(&samples, clock() - start);
        wrong += wrong_bytes(message, answer, length);
    }
    printf("messages: %lu calls of %lu bytes, %u wrong\n", rounds, length, wrong);
    if (time)
        samples_print(&samples, "messages");
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "server"))
        return serve();
    const uint64_t rounds = argument_number(argc, argv, 0, 1000);
    const int64_t server = spawn("messages", "server");
    static const size_t lengths[] = {0, 64, 4096, LARGEST};
    for (unsigned n = 0; n < sizeof lengths / sizeof lengths[0]; n++)
        rounds_of(server, lengths[n], rounds, argument_has(argc, argv, "time"));

    char small[8];
    printf("messages: an answer without room: %ld\n", ipc_call(server, "0123456789", 10, small, 4));
    kill(server);
    printf("messages: the server's status: %ld\n", wait(server));
    printf("messages: a call to nobody: %ld\n", ipc_call(server, 0, 0, 0, 0));
    return 0;
}
