/* Calls that the guest makes by number, with HVC or SMC: who serves them (SMC Calling Convention, Arm DEN0028). */
#ifndef SERVICES_H
#define SERVICES_H
#include <stdbool.h>
#include <stdint.h>

struct frame;

#define BY_HVC 1u
#define BY_SMC 2u

/* Arguments are in frame->x[1] and on, results go to frame->x[0] and on. False: no such function, and x0 becomes -1. */
typedef bool service_handler(struct frame *frame);

/* Serve function identifiers `first` to `last`. Later registrations come first. False: the table is full. */
bool services_register(uint64_t first, uint64_t last, unsigned conduits, service_handler *handler);
void services_unregister(uint64_t first);
void services_call(struct frame *frame, unsigned conduit);

#endif
