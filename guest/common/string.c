/*
 * The functions that a freestanding compiler may call. Words where both sides are aligned alike, because memory may be Device
 * (MMU off), where nothing else is allowed.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

typedef uint64_t __attribute__((may_alias)) word;
#define BLOCK (8 * sizeof(word))


void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *t = to;
    const char *f = from;
    if (((uintptr_t)t ^ (uintptr_t)f) % sizeof(word) == 0) {
        for (; size && (uintptr_t)t % sizeof(word); size--)
            *t++ = *f++;
        for (; size >= BLOCK; size -= BLOCK, t += BLOCK, f += BLOCK) {
            word *d = (word *)t;
            const word *s = (const word *)f;
            const word a = s[0], b = s[1], c = s[2], e = s[3], g = s[4], h = s[5], i = s[6], j = s[7];
            d[0] = a, d[1] = b, d[2] = c, d[3] = e, d[4] = g, d[5] = h, d[6] = i, d[7] = j;
        }
        for (; size >= sizeof(word); size -= sizeof(word), t += sizeof(word), f += sizeof(word))
            *(word *)t = *(const word *)f;
    }
    while (size--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *t = to;
    const char *f = from;
    if (t + size <= f || f + size <= t)
        return memcpy(to, from, size);
    if (t < f)
        for (size_t n = 0; n < size; n++)
            t[n] = f[n];
    else
        while (size--)
            t[size] = f[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    char *t = to;
    const word pattern = (unsigned char)byte * 0x0101010101010101UL;
    for (; size && (uintptr_t)t % sizeof(word); size--)
        *t++ = (char)byte;
    for (; size >= 2 * sizeof(word); size -= 2 * sizeof(word), t += 2 * sizeof(word))
        ((word *)t)[0] = pattern, ((word *)t)[1] = pattern;
    while (size--)
        *t++ = (char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (; size; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}
