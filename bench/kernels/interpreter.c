/* A byte-code interpreter with one big switch, running a small program: Collatz chains. */
#include "kernel.h"

const char kernel_name[] = "interpreter";
const unsigned kernel_iterations = 4;

enum opcode { LOAD, ADD, ADD_IMMEDIATE, MULTIPLY_IMMEDIATE, SHIFT_RIGHT, AND_IMMEDIATE, MOVE, JUMP, JUMP_ZERO, JUMP_NOT_ONE, LESS, STOP };

struct instruction {
    uint8_t opcode, destination, source, unused;
    int32_t immediate;
};

enum { START, N, PARITY, STEPS, CONDITION, REGISTERS };

/* For start from 1 to 40,000: count the steps to 1. */
static const struct instruction program[] = {
    {LOAD, START, 0, 0, 1},
    {LOAD, STEPS, 0, 0, 0},
    /* 2: next start */ {MOVE, N, START, 0, 0},
    /* 3: step */ {MOVE, PARITY, N, 0, 0},
    {AND_IMMEDIATE, PARITY, 0, 0, 1},
    {JUMP_ZERO, PARITY, 0, 0, 9},
    {MULTIPLY_IMMEDIATE, N, 0, 0, 3},
    {ADD_IMMEDIATE, N, 0, 0, 1},
    {JUMP, 0, 0, 0, 10},
    /* 9: even */ {SHIFT_RIGHT, N, 0, 0, 1},
    /* 10 */ {ADD_IMMEDIATE, STEPS, 0, 0, 1},
    {JUMP_NOT_ONE, N, 0, 0, 3},
    {ADD_IMMEDIATE, START, 0, 0, 1},
    {MOVE, CONDITION, START, 0, 0},
    {LESS, CONDITION, 0, 0, 40001},
    {JUMP_ZERO, CONDITION, 0, 0, 17},
    {JUMP, 0, 0, 0, 2},
    {STOP, 0, 0, 0, 0},
};

static uint64_t run(const struct instruction *code)
{
    uint64_t r[REGISTERS] = {0};
    unsigned pc = 0;
    r[N] = 3;
    for (;;) {
        const struct instruction i = code[pc++];
        switch (i.opcode) {
        case LOAD: r[i.destination] = (uint64_t)i.immediate; break;
        case ADD: r[i.destination] += r[i.source]; break;
        case ADD_IMMEDIATE: r[i.destination] += (uint64_t)i.immediate; break;
        case MULTIPLY_IMMEDIATE: r[i.destination] *= (uint64_t)i.immediate; break;
        case SHIFT_RIGHT: r[i.destination] >>= i.immediate; break;
        case AND_IMMEDIATE: r[i.destination] &= (uint64_t)i.immediate; break;
        case MOVE: r[i.destination] = r[i.source]; break;
        case JUMP: pc = (unsigned)i.immediate; break;
        case JUMP_ZERO: pc = r[i.destination] ? pc : (unsigned)i.immediate; break;
        case JUMP_NOT_ONE: pc = r[i.destination] > 1 ? (unsigned)i.immediate : pc; break;
        case LESS: r[i.destination] = r[i.destination] < (uint64_t)i.immediate; break;
        case STOP: return r[STEPS];
        }
    }
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < iterations; i++)
        checksum = mix(checksum, run(program));
    return checksum;
}
