/* The console. print() (print.h) goes there too. */
#ifndef CONSOLE_H
#define CONSOLE_H
#include <stdint.h>

void console_init(void);
/* "\n" is sent as "\r\n". */
void console_write(const char *text, uint64_t length);

#endif
