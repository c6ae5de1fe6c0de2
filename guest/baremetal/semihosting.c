#include "semihosting.h"
#include <stdint.h>

#define SYS_EXIT 0x18
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

void semihosting_exit(int status)
{
    const uint64_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint64_t)status};
    register uint64_t operation asm("x0") = SYS_EXIT;
    register const uint64_t *parameter asm("x1") = block;
    for (;;)
        asm volatile("hlt #0xf000" : "+r"(operation) : "r"(parameter) : "memory");
}
