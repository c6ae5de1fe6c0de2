/*
 * A PL011 (Arm DDI 0183) for the guest. It has registers of its own, so that the guest can neither change the line's speed nor turn
 * the real one off, which the nanovisor's log uses; bytes go through the real FIFOs, and its interrupt is the real one's.
 */
#include "app.h"

#define REAL 0x09000000UL

#define UARTDR 0x000
#define UARTRSR 0x004
#define UARTFR 0x018
#define UARTILPR 0x020
#define UARTIBRD 0x024
#define UARTFBRD 0x028
#define UARTLCR_H 0x02c
#define UARTCR 0x030
#define UARTIFLS 0x034
#define UARTIMSC 0x038
#define UARTRIS 0x03c
#define UARTMIS 0x040
#define UARTICR 0x044
#define UARTDMACR 0x048
#define UARTID 0xfe0

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define CR_RESET 0x300u
#define IFLS_RESET 0x12u

static const uint8_t identification[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static volatile uint32_t *real;

/* Those that only hold what was written, and its width. */
static struct {
    uint16_t offset, mask;
    uint32_t value;
} registers[] = {
    {UARTRSR, 0, 0},          {UARTILPR, 0xff, 0},         {UARTIBRD, 0xffff, 0},          {UARTFBRD, 0x3f, 0},
    {UARTLCR_H, 0xff, 0},     {UARTCR, 0xff87, CR_RESET},  {UARTIFLS, 0x3f, IFLS_RESET},   {UARTDMACR, 7, 0},
};

static uint32_t *held(uint64_t offset, uint32_t *mask)
{
    for (unsigned n = 0; n < sizeof registers / sizeof registers[0]; n++)
        if (registers[n].offset == offset) {
            *mask = registers[n].mask;
            return &registers[n].value;
        }
    return 0;
}

static void put(uint32_t byte)
{
    while (real[UARTFR / 4] & FR_TXFF)
        ;
    real[UARTDR / 4] = byte & 0xff;
}

static void write_register(uint64_t offset, uint32_t value)
{
    uint32_t mask;
    uint32_t *register_held = held(offset, &mask);
    if (register_held)
        *register_held = value & mask;
    else if (offset == UARTDR)
        put(value);
    else if (offset == UARTIMSC || offset == UARTICR)
        real[offset / 4] = value & 0x7ff;
}

static uint32_t read_register(uint64_t offset)
{
    uint32_t mask;
    const uint32_t *register_held = held(offset, &mask);
    if (register_held)
        return *register_held;
    if (offset >= UARTID && offset < 0x1000)
        return identification[(offset - UARTID) / 4];
    const bool shown = offset == UARTDR || offset == UARTFR || offset == UARTIMSC || offset == UARTRIS || offset == UARTMIS;
    return shown ? real[offset / 4] : 0;
}

static int64_t handle_mmio(const uint64_t *x, uint64_t *results)
{
    const uint64_t offset = x[0] & 0xfff;
    if (offset % 4 || x[1] > 4)
        return -1;
    if (x[2])
        write_register(offset, (uint32_t)x[3]);
    else
        results[1] = read_register(offset);
    return 0;
}

int64_t app_handle(uint64_t function, const uint64_t arguments[7], uint64_t results[4])
{
    if (function == APP_INIT)
        real = app_map_io(REAL);
    return function == APP_HANDLE_MMIO ? handle_mmio(arguments, results) : function == APP_INIT && real ? 0 : -1;
}
