#include "print.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct conversion {
    char pad;
    int left;
    unsigned width;
    int is_long;
};

static void put(char c)
{
    if (c == '\n')
        uart_put('\r');
    uart_put(c);
}

static void put_padded(const char *text, size_t length, const struct conversion *spec)
{
    size_t fill = spec->width > length ? spec->width - length : 0;
    for (size_t i = 0; !spec->left && i < fill; i++)
        put(spec->pad);
    for (size_t i = 0; i < length; i++)
        put(text[i]);
    for (size_t i = 0; spec->left && i < fill; i++)
        put(' ');
}

static void put_number(uint64_t value, unsigned base, int negative, const struct conversion *spec)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[--at] = '-';
    put_padded(&digits[at], sizeof digits - at, spec);
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            put(*p);
            continue;
        }
        struct conversion spec = {.pad = ' '};
        for (p++; *p == '0' || *p == '-'; p++) {
            if (*p == '0')
                spec.pad = '0';
            else
                spec.left = 1;
        }
        for (; *p >= '0' && *p <= '9'; p++)
            spec.width = spec.width * 10 + (unsigned)(*p - '0');
        for (; *p == 'l' || *p == 'z'; p++)
            spec.is_long = 1;
        switch (*p) {
        case 'c': {
            const char c = (char)va_arg(arguments, int);
            put_padded(&c, 1, &spec);
            break;
        }
        case 's': {
            const char *text = va_arg(arguments, const char *);
            put_padded(text, length_of(text), &spec);
            break;
        }
        case 'd': {
            int64_t value = spec.is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, &spec);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = spec.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned);
            put_number(value, *p == 'x' ? 16 : 10, 0, &spec);
            break;
        }
        case 'p':
            put_number((uint64_t)va_arg(arguments, void *), 16, 0, &spec);
            break;
        default:
            put(*p);
        }
    }
    va_end(arguments);
}
