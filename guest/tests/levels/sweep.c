/*
 * Runs every body of a table at a level under each of many settings of the control registers, and writes what became of it to a file.
 * The table is made by test/architecture/trap-sweep.ts; this program knows nothing of what is in it.
 */
#include "levels.h"
#include "print.h"

struct override {
    uint32_t setter, reserved;
    uint64_t value;
};

struct group {
    uint32_t first, count; /* overrides, applied after those of group 0 */
    uint64_t spsr;
    uint32_t restores; /* set the registers again before each body */
    uint32_t bodies; /* which list of bodies: first << 16 | count */
};

#define IS_READ -2
struct body {
    int32_t reads; /* for a write: the body that reads the same register, whose value at EL3 is written; IS_READ; or -1 */
    uint32_t address; /* x0 is the address of memory to work on */
    uint64_t x0; /* otherwise */
};

extern const struct override overrides[];
extern const struct group groups[];
extern const struct body bodies[];
extern const uint32_t group_count, body_count;
extern char target[4096];
extern const char body_code[][8], setter_code[][8], results_name[];

/* Records go where RAM is free; the layout is known to trap-sweep.ts. */
struct record {
    uint32_t esr, spsr;
    uint32_t end; /* el | vector << 8 | 1 << 24 when it ran to its end */
    uint32_t pstate;
    uint64_t x0, far;
};
#define RECORDS ((struct record *)0x48000000)

char target[4096] __attribute__((aligned(4096)));
static uint64_t values[0x8000];

static void apply(const struct group *group)
{
    for (uint32_t n = 0; n < group->count; n++) {
        const struct override *o = &overrides[group->first + n];
        ((void (*)(uint64_t))setter_code[o->setter])(o->value);
    }
    asm volatile("isb" : : : "memory");
}

int main(void)
{
    struct record *record = RECORDS;
    apply(&groups[0]);
    for (uint32_t b = 0; b < body_count; b++) {
        struct run run = {.body = (uint64_t)body_code[b], .spsr = LEVEL_EL3H};
        values[b] = 0;
        if (bodies[b].reads != IS_READ)
            continue;
        levels_run(&run);
        if (run.esr >> 26 == 0x3c)
            values[b] = run.x0;
    }
    for (uint32_t g = 1; g < group_count; g++) {
        apply(&groups[0]);
        apply(&groups[g]);
        const uint32_t first = groups[g].bodies >> 16, count = groups[g].bodies & 0xffff;
        for (uint32_t b = first; b < first + count; b++, record++) {
            struct run run = {.body = (uint64_t)body_code[b], .spsr = groups[g].spsr};
            run.x0 = bodies[b].address ? (uint64_t)target : bodies[b].reads >= 0 ? values[bodies[b].reads] : bodies[b].x0;
            levels_run(&run);
            const int ended = run.esr >> 26 == 0x3c && (run.esr & 0xffff) == LEVELS_DONE;
            record->esr = (uint32_t)run.esr;
            record->spsr = (uint32_t)run.spsr_taken;
            record->end = (uint32_t)(run.el | run.vector << 8 | (uint64_t)ended << 24 | (run.elr - run.body) << 28);
            record->pstate = (uint32_t)run.pstate;
            record->x0 = bodies[b].address ? run.x0 - (uint64_t)target : run.x0;
            record->far = run.far;
            if (groups[g].restores) {
                apply(&groups[0]);
                apply(&groups[g]);
            }
        }
    }
    apply(&groups[0]);
    return levels_write_file(results_name, RECORDS, (uint64_t)(record - RECORDS) * sizeof(*record));
}
