/* Copies, lengths, comparisons and searches in plain C, over text of many short lines. */
#include "kernel.h"
#include <stddef.h>

const char kernel_name[] = "string";
const unsigned kernel_iterations = 3400;

#define SIZE 65536
static char text[SIZE + 1], copy[SIZE + 1];

static size_t length_of(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static void copy_bytes(char *to, const char *from, size_t size)
{
    for (size_t n = 0; n < size; n++)
        to[n] = from[n];
}

static void copy_words(char *to, const char *from, size_t size)
{
    for (size_t n = 0; n < size / 8; n++)
        ((uint64_t *)to)[n] = ((const uint64_t *)from)[n];
}

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 3;
    for (unsigned n = 0; iterations && n < SIZE; n++) {
        const uint64_t r = next_random(&state) >> 40;
        text[n] = r % 24 == 0 ? '\n' : (char)('a' + r % 26);
    }
    for (unsigned i = 0; i < iterations; i++) {
        text[i % SIZE] = (char)('a' + i % 26);
        if (i % 2)
            copy_words(copy, text, SIZE);
        else
            copy_bytes(copy, text, SIZE);
        for (char *p = copy; *p; p++)
            if (*p == '\n')
                *p = 0;
        const char *previous = copy;
        for (const char *line = copy; line < copy + SIZE; line += length_of(line) + 1) {
            checksum = mix(checksum, (uint64_t)(compare(previous, line) + (int)length_of(line)));
            previous = line;
        }
    }
    return checksum;
}
