/*
 * A scheduler that a timer calls: it shares a coprocessor among jobs by weighted round robin. The coprocessor is a count, because the
 * board has none; what is real here is the calling.
 */
#include "app.h"
#include "coprocessor.h"

#define INVALID ((uint64_t)-22)
#define FULL ((uint64_t)-12)

static struct job {
    bool used;
    uint64_t left, weight, turn, place;
} jobs[COPROCESSOR_JOBS];
static unsigned current;
static uint64_t ended, ticks;
static uint32_t busy; /* a PE is inside: the tables are small, so others wait */

static uint64_t submit(uint64_t units, uint64_t weight)
{
    if (!units || !weight)
        return INVALID;
    for (unsigned n = 0; n < COPROCESSOR_JOBS; n++)
        if (!jobs[n].used) {
            jobs[n] = (struct job){.used = true, .left = units, .weight = weight};
            return n + 1;
        }
    return FULL;
}

static void state(uint64_t number, uint64_t *results)
{
    const struct job *job = number >= 1 && number <= COPROCESSOR_JOBS ? &jobs[number - 1] : 0;
    results[0] = job && job->used ? job->left : INVALID;
    results[1] = job ? job->place : 0;
    results[2] = ticks;
}

static uint64_t forget(uint64_t number)
{
    if (number < 1 || number > COPROCESSOR_JOBS || !jobs[number - 1].used || jobs[number - 1].left)
        return INVALID;
    jobs[number - 1].used = false;
    return 0;
}

/* One unit for the job whose turn it is; after `weight` of them the next. */
static void tick(void)
{
    ticks++;
    for (unsigned tries = 0; tries <= COPROCESSOR_JOBS; tries++) {
        struct job *job = &jobs[current];
        if (job->used && job->left && job->turn < job->weight) {
            job->turn++;
            if (!--job->left)
                job->place = ++ended;
            return;
        }
        job->turn = 0;
        current = (current + 1) % COPROCESSOR_JOBS;
    }
}

static void handle_smc(const uint64_t *x, uint64_t *results)
{
    if (x[0] == COPROCESSOR_SUBMIT)
        results[0] = submit(x[1], x[2]);
    else if (x[0] == COPROCESSOR_STATE)
        state(x[1], results);
    else
        results[0] = x[0] == COPROCESSOR_FORGET ? forget(x[1]) : (uint64_t)-1;
}

int64_t app_handle(uint64_t function, const uint64_t arguments[7], uint64_t results[4])
{
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        ;
    if (function == APP_TIMER)
        tick();
    else if (function == APP_HANDLE_SMC)
        handle_smc(arguments, results);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    return function == APP_HANDLE_MMIO ? -1 : 0;
}
