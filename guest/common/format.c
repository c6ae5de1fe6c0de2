#include "format.h"
#include <stddef.h>
#include <stdint.h>

struct conversion {
    void (*put)(char);
    char pad;
    int left;
    unsigned width;
    int is_long;
};

static void put_padded(const struct conversion *spec, const char *text, size_t length)
{
    const size_t fill = spec->width > length ? spec->width - length : 0;
    for (size_t i = 0; !spec->left && i < fill; i++)
        spec->put(spec->pad);
    for (size_t i = 0; i < length; i++)
        spec->put(text[i]);
    for (size_t i = 0; spec->left && i < fill; i++)
        spec->put(' ');
}

static void put_number(const struct conversion *spec, uint64_t value, unsigned base, int negative)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[--at] = '-';
    put_padded(spec, &digits[at], sizeof digits - at);
}

static void put_signed(const struct conversion *spec, int64_t value)
{
    put_number(spec, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
}

static void put_text(const struct conversion *spec, const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    put_padded(spec, text, length);
}

/* Flags, width and lengths; where the conversion's letter is. */
static const char *read_specification(const char *p, struct conversion *spec)
{
    for (; *p == '0' || *p == '-'; p++) {
        if (*p == '0')
            spec->pad = '0';
        else
            spec->left = 1;
    }
    for (; *p >= '0' && *p <= '9'; p++)
        spec->width = spec->width * 10 + (unsigned)(*p - '0');
    for (; *p == 'l' || *p == 'z'; p++)
        spec->is_long = 1;
    return p;
}

void format(void (*put)(char), const char *text, va_list arguments)
{
    for (const char *p = text; *p; p++) {
        if (*p != '%') {
            put(*p);
            continue;
        }
        struct conversion spec = {.put = put, .pad = ' '};
        p = read_specification(p + 1, &spec);
        if (*p == 'c') {
            const char c = (char)va_arg(arguments, int);
            put_padded(&spec, &c, 1);
        } else if (*p == 's') {
            put_text(&spec, va_arg(arguments, const char *));
        } else if (*p == 'd') {
            put_signed(&spec, spec.is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int));
        } else if (*p == 'u' || *p == 'x') {
            put_number(&spec, spec.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned), *p == 'x' ? 16 : 10, 0);
        } else if (*p == 'p') {
            put_number(&spec, (uint64_t)va_arg(arguments, void *), 16, 0);
        } else {
            put(*p);
        }
    }
}
