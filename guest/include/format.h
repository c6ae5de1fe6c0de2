/* What print() and printf() share. */
#ifndef FORMAT_H
#define FORMAT_H
#include <stdarg.h>

/*
 * printf with %c %s %d %u %x %p %%, the lengths l and z, the flags 0 and - and a width, a character at a time to `put`. There is no
 * floating point: programs print bit patterns, which compare exactly.
 */
void format(void (*put)(char), const char *text, va_list arguments);

#endif
