#include "print.h"
#include "format.h"

static void put(char c)
{
    if (c == '\n')
        uart_put('\r');
    uart_put(c);
}

void print(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    format(put, text, arguments);
    va_end(arguments);
}
