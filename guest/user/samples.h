/* Times that a program measures, and what it says of them. */
#ifndef SAMPLES_H
#define SAMPLES_H
#include <stddef.h>
#include <stdint.h>

struct samples {
    uint64_t *values;
    size_t count, room;
};

/* Room for `room` samples; the process ends when there is no memory. */
void samples_init(struct samples *samples, size_t room);
void samples_add(struct samples *samples, uint64_t value);
/* One line: smallest, mean, 99th percentile and largest, in counts of the virtual timer. Sorts them. */
void samples_print(struct samples *samples, const char *what);

/* The words of a program's argument: the number at `index`, or another; whether one of them is `word`. */
uint64_t argument_number(int argc, char **argv, int index, uint64_t otherwise);
int argument_has(int argc, char **argv, const char *word);

#endif
