/* PL011 (Arm DDI 0183): transmit only, polled. */
#include "print.h"
#include "virt.h"
#include <stdint.h>

#define UARTDR 0x00
#define UARTFR 0x18
#define UARTIBRD 0x24
#define UARTFBRD 0x28
#define UARTLCR_H 0x2c
#define UARTCR 0x30
#define UARTIMSC 0x38

#define UARTFR_TXFF (1u << 5)
#define UARTLCR_H_FEN (1u << 4)
#define UARTLCR_H_WLEN_8 (3u << 5)
#define UARTCR_UARTEN (1u << 0)
#define UARTCR_TXE (1u << 8)

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)(VIRT_UART_BASE + offset);
}

void uart_init(void)
{
    *reg(UARTCR) = 0; /* off while the line is set */
    *reg(UARTIMSC) = 0; /* polled: no interrupts */
    *reg(UARTIBRD) = 13; /* 24 MHz / (16 * 115200) = 13 + 1/64 */
    *reg(UARTFBRD) = 1;
    *reg(UARTLCR_H) = UARTLCR_H_FEN /* use the FIFOs */
                      | UARTLCR_H_WLEN_8; /* 8N1 */
    *reg(UARTCR) = UARTCR_UARTEN /* on */
                   | UARTCR_TXE; /* to send only */
}

void uart_put(char byte)
{
    while (*reg(UARTFR) & UARTFR_TXFF)
        ;
    *reg(UARTDR) = (unsigned char)byte;
}
