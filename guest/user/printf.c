#include "format.h"
#include "user.h"

static char line[160];
static unsigned used;

void printf_flush(void)
{
    write(line, used);
    used = 0;
}

static void put(char c)
{
    line[used++] = c;
    if (c == '\n' || used == sizeof line)
        printf_flush();
}

void printf(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    format(put, text, arguments);
    va_end(arguments);
}
