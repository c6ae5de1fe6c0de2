#include "log.h"
#include "layout.h"
#include "virt.h"
#include <stdint.h>

#define UARTDR 0x00
#define UARTFR 0x18
#define UARTCR 0x30

#define UARTFR_TXFF (1u << 5)
#define UARTCR_UARTEN (1u << 0)
#define UARTCR_TXE (1u << 8)

struct lock log_lock;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)(LINEAR_BASE + VIRT_UART_BASE + offset);
}

/* The line's speed is as the firmware left it. */
void uart_init(void)
{
    *reg(UARTCR) = UARTCR_UARTEN | UARTCR_TXE;
}

void uart_put(char byte)
{
    while (*reg(UARTFR) & UARTFR_TXFF)
        ;
    *reg(UARTDR) = (unsigned char)byte;
}

void log_text(const char *who, const char *text, unsigned length)
{
    lock(&log_lock);
    print("%s: ", who);
    for (unsigned i = 0; i < length; i++)
        if (text[i] != '\n' || i + 1 < length)
            print("%c", text[i] == '\n' || (text[i] >= ' ' && text[i] < 127) ? text[i] : '.');
    print("\n");
    unlock(&log_lock);
}
