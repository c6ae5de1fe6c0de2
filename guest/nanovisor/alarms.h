/* The EL2 physical timer of each PE, shared by those who want to be called at a time. */
#ifndef ALARMS_H
#define ALARMS_H
#include <stdbool.h>
#include <stdint.h>

struct pe;

struct alarm {
    uint64_t at; /* counter value */
    bool set;
    void (*ring)(struct alarm *alarm); /* interrupts masked, on the PE that set it; may set it anew */
    struct alarm *next;
};

void alarms_init_pe(void);
/* On this PE. An alarm belongs to the PE that set it until it rings or is cancelled there. */
void alarm_set(struct alarm *alarm, uint64_t at);
void alarm_cancel(struct alarm *alarm);
/* INTID_TIMER. */
void alarms_ring(void);

uint64_t counter(void);
uint64_t ticks_of_ns(uint64_t ns);

#endif
