/* Comparing names. */
#ifndef TEXT_H
#define TEXT_H

static inline int text_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static inline int text_starts(const char *text, const char *with)
{
    while (*with && *text == *with) {
        text++;
        with++;
    }
    return !*with;
}

static inline unsigned text_length(const char *text)
{
    unsigned n = 0;
    while (text[n])
        n++;
    return n;
}

#endif
