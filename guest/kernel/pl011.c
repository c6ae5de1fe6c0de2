/* PL011 (Arm DDI 0183): the console, polled. */
#include "console.h"
#include "board.h"
#include "memory.h"
#include "print.h"

#define UARTDR 0x00
#define UARTFR 0x18
#define UARTLCR_H 0x2c
#define UARTCR 0x30
#define UARTIMSC 0x38

#define UARTFR_TXFF (1u << 5)
#define UARTLCR_H_FEN (1u << 4)
#define UARTLCR_H_WLEN_8 (3u << 5)
#define UARTCR_UARTEN (1u << 0)
#define UARTCR_TXE (1u << 8)

static volatile uint32_t *registers;

void console_init(void)
{
    if (!board.uart)
        return;
    registers = memory_map_device(board.uart, PAGE_SIZE);
    registers[UARTIMSC / 4] = 0;
    registers[UARTLCR_H / 4] = UARTLCR_H_FEN | UARTLCR_H_WLEN_8;
    registers[UARTCR / 4] = UARTCR_UARTEN | UARTCR_TXE;
}

/* Without a console, output is lost. */
void uart_put(char byte)
{
    if (!registers)
        return;
    while (registers[UARTFR / 4] & UARTFR_TXFF)
        ;
    registers[UARTDR / 4] = (unsigned char)byte;
}

void console_write(const char *text, uint64_t length)
{
    for (uint64_t n = 0; n < length; n++) {
        if (text[n] == '\n')
            uart_put('\r');
        uart_put(text[n]);
    }
}
