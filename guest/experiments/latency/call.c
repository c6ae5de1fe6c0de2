/*
 * call CROSSING CALLS semaphore|message|rpc BYTES [guarded]: from a process to another one and back with an answer as long as the
 * question: its bytes, the first of every eight one greater. Semaphores move no bytes. A HypRPC has registers only: eight bytes there,
 * eight back, and as many calls as it takes, one for none.
 */
#include "latency.h"

#define LARGEST 4096
#define WORDS (LARGEST / 8)
#define RPC_ID 1
#define PING 0x63616c6c
#define PONG 0x64656661
#define READY 0x72647921

static uint64_t question[WORDS], answer[WORDS];

static uint64_t next(uint64_t word, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    return word + 1;
}

static void serve_messages(void)
{
    for (;;) {
        int64_t caller;
        const int64_t length = ipc_receive(answer, sizeof answer, FOREVER, &caller);
        for (int64_t n = 0; n < length / 8; n++)
            answer[n]++;
        if (length < 0 || ipc_reply(caller, answer, (size_t)length) < 0)
            exit(1);
    }
}

static void serve_semaphores(void)
{
    const int64_t ping = semaphore_open(PING, 0), pong = semaphore_open(PONG, 0);
    for (;;) {
        semaphore_wait(ping, FOREVER);
        semaphore_post(pong);
    }
}

static void serve_rpc(int argc, char **argv)
{
    hyplet_choose(argc, argv);
    hyplet_begin(next, -1);
    hyplet_check(hyplet_rpc_set(next, RPC_ID, -1), "serving calls");
}

static void serve(int argc, char **argv)
{
    if (argument_has(argc, argv, "rpc"))
        serve_rpc(argc, argv);
    semaphore_post(semaphore_open(READY, 0));
    if (argument_has(argc, argv, "message"))
        serve_messages();
    if (argument_has(argc, argv, "semaphore"))
        serve_semaphores();
    sleep_until(FOREVER);
}

static int64_t server_start(int argc, char **argv)
{
    static char argument[64] = "serve";
    unsigned used = 5;
    for (int n = 2; n < argc; n++) {
        argument[used++] = ' ';
        for (const char *p = argv[n]; *p && used < sizeof argument - 2; p++)
            argument[used++] = *p;
    }
    const int64_t pid = spawn("call", argument);
    hyplet_check(pid, "starting the server");
    hyplet_check(semaphore_wait(semaphore_open(READY, 0), FOREVER), "the server");
    return pid;
}

static void call_rpc(uint64_t words)
{
    if (!words)
        hyplet_rpc_call(RPC_ID, 0, 0, 0, 0);
    for (uint64_t n = 0; n < words; n++)
        answer[n] = (uint64_t)hyplet_rpc_call(RPC_ID, question[n], 0, 0, 0);
}

int main(int argc, char **argv)
{
    if (argument_has(argc, argv, "serve"))
        serve(argc, argv);
    const uint64_t crossing = argument_number(argc, argv, 0, 0), calls = argument_number(argc, argv, 1, 1000);
    const uint64_t words = argument_number(argc, argv, 3, 0) / 8;
    const int by_rpc = argument_has(argc, argv, "rpc"), by_message = argument_has(argc, argv, "message");
    if (words > WORDS)
        return 1;
    const int64_t server = server_start(argc, argv);
    const int64_t ping = semaphore_open(PING, 0), pong = semaphore_open(PONG, 0);
    uint64_t right = 0;
    for (uint64_t n = 0; n < calls; n++) {
        for (uint64_t at = 0; at < words; at++)
            question[at] = n << 32 | at << 8;
        int64_t result = 0;
        lab_begin(crossing);
        if (by_rpc)
            call_rpc(words);
        else if (by_message)
            result = ipc_call(server, question, words * 8, answer, sizeof answer);
        else {
            semaphore_post(ping);
            result = semaphore_wait(pong, FOREVER);
        }
        lab_end(crossing);
        uint64_t wrong = result != (by_message ? (int64_t)(words * 8) : 0);
        for (uint64_t at = 0; at < words; at++)
            wrong += answer[at] != question[at] + 1;
        right += !wrong;
        if (by_rpc && !words)
            right -= hyplet_rpc_call(RPC_ID, n, 0, 0, 0) != (int64_t)n + 1;
    }
    kill(server);
    const int64_t status = wait(server);
    lab_note(crossing, right);
    printf("call: crossing %lu: %lu of %lu answers of %lu bytes right\n", crossing, right, calls, words * 8);
    return right != calls || status != STATUS_KILLED;
}
