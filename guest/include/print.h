/* Console output. */
#ifndef PRINT_H
#define PRINT_H

/* PL011: turn the transmitter on; send one byte, waiting for room in the FIFO. */
void uart_init(void);
void uart_put(char byte);

/*
 * printf with %c %s %d %u %x %p %%, the lengths l and z, the flag 0 and - and a width. There is no floating point: programs
 * print bit patterns, which compare exactly. "\n" is sent as "\r\n".
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
