/* Accesses of the guest to addresses that stage 2 doesn't map: who serves them. */
#ifndef MMIO_H
#define MMIO_H
#include <stdbool.h>
#include <stdint.h>

struct frame;

struct mmio_access {
    uint64_t address; /* guest-physical */
    unsigned size;    /* bytes: 1, 2, 4 or 8 */
    bool write;
    uint64_t value; /* what is written; what a read gives */
};

/* False: refuse it, and the guest gets an external abort. `context` is what was registered. */
typedef bool mmio_handler(void *context, struct mmio_access *access);

/* Serve [base, base + size). Later registrations come first. False: the table is full. */
bool mmio_register(uint64_t base, uint64_t size, mmio_handler *handler, void *context);
void mmio_unregister(uint64_t base);

/* A stage-2 data abort. False: nobody serves the address, or the syndrome doesn't say what the instruction does. */
bool mmio_serve(struct frame *frame, uint64_t esr, uint64_t address);

#endif
