/* A scanner for numbers, names and comments: one branchy state machine, a byte at a time. */
#include "kernel.h"

const char kernel_name[] = "state-machine";
const unsigned kernel_iterations = 2600;

#define SIZE 65536
static char input[SIZE];

enum state { BETWEEN, NAME, NUMBER, FRACTION, SLASH, LINE_COMMENT, COMMENT, COMMENT_STAR, STATES };

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum state step(enum state state, char c)
{
    switch (state) {
    case NAME:
        return is_letter(c) || is_digit(c) ? NAME : c == '/' ? SLASH : BETWEEN;
    case NUMBER:
        return is_digit(c) ? NUMBER : c == '.' ? FRACTION : c == '/' ? SLASH : BETWEEN;
    case FRACTION:
        return is_digit(c) ? FRACTION : c == '/' ? SLASH : BETWEEN;
    case SLASH:
        return c == '/' ? LINE_COMMENT : c == '*' ? COMMENT : BETWEEN;
    case LINE_COMMENT:
        return c == '\n' ? BETWEEN : LINE_COMMENT;
    case COMMENT:
        return c == '*' ? COMMENT_STAR : COMMENT;
    case COMMENT_STAR:
        return c == '/' ? BETWEEN : c == '*' ? COMMENT_STAR : COMMENT;
    default:
        return is_letter(c) ? NAME : is_digit(c) ? NUMBER : c == '/' ? SLASH : BETWEEN;
    }
}

uint64_t kernel(unsigned iterations)
{
    static const char alphabet[] = "abcxyz_0123456789.. \n//**;+(";
    uint64_t checksum = 0, state = 17;
    for (unsigned n = 0; iterations && n < SIZE; n++)
        input[n] = alphabet[(next_random(&state) >> 33) % (sizeof alphabet - 1)];
    for (unsigned i = 0; i < iterations; i++) {
        uint64_t entered[STATES] = {0};
        enum state now = BETWEEN;
        input[i % SIZE] = alphabet[i % (sizeof alphabet - 1)];
        for (unsigned n = 0; n < SIZE; n++) {
            const enum state next = step(now, input[n]);
            if (next != now)
                entered[next]++;
            now = next;
        }
        for (unsigned s = 0; s < STATES; s++)
            checksum = mix(checksum, entered[s]);
    }
    return checksum;
}
