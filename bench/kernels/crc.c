/* CRC-32 with a 256-entry table over 64 KB: a load that depends on the one before. */
#include "kernel.h"

const char kernel_name[] = "crc";
const unsigned kernel_iterations = 4000;

static uint32_t table[256];
static uint8_t data[65536];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 7;
    for (uint32_t n = 0; iterations && n < 256; n++) {
        uint32_t crc = n;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        table[n] = crc;
    }
    for (unsigned n = 0; iterations && n < sizeof data; n++)
        data[n] = (uint8_t)(next_random(&state) >> 56);
    for (unsigned i = 0; i < iterations; i++) {
        uint32_t crc = ~i;
        for (unsigned n = 0; n < sizeof data; n++)
            crc = table[(crc ^ data[n]) & 0xff] ^ crc >> 8;
        checksum = mix(checksum, ~crc);
    }
    return checksum;
}
