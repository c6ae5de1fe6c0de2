#include "samples.h"
#include "user.h"

void samples_init(struct samples *samples, size_t room)
{
    *samples = (struct samples){.values = map(room * sizeof(uint64_t)), .room = room};
    if (!samples->values) {
        printf("no memory for %lu samples\n", room);
        exit(1);
    }
}

void samples_add(struct samples *samples, uint64_t value)
{
    if (samples->count < samples->room)
        samples->values[samples->count++] = value;
}

/* Shell sort: short, and quick enough for thousands. */
static void sort(uint64_t *values, size_t count)
{
    for (size_t gap = count / 2; gap; gap /= 2)
        for (size_t n = gap; n < count; n++) {
            const uint64_t value = values[n];
            size_t at = n;
            for (; at >= gap && values[at - gap] > value; at -= gap)
                values[at] = values[at - gap];
            values[at] = value;
        }
}

void samples_print(struct samples *samples, const char *what)
{
    uint64_t sum = 0;
    sort(samples->values, samples->count);
    for (size_t n = 0; n < samples->count; n++)
        sum += samples->values[n];
    if (samples->count)
        printf("%s: %lu samples, min %lu avg %lu p99 %lu max %lu ticks of %lu Hz\n", what, samples->count, samples->values[0],
               sum / samples->count, samples->values[(samples->count * 99 + 99) / 100 - 1], samples->values[samples->count - 1],
               clock_frequency());
}

uint64_t argument_number(int argc, char **argv, int index, uint64_t otherwise)
{
    return index < argc && argv[index][0] >= '0' && argv[index][0] <= '9' ? number(argv[index]) : otherwise;
}

int argument_has(int argc, char **argv, const char *word)
{
    for (int n = 0; n < argc; n++)
        if (!strcmp(argv[n], word))
            return 1;
    return 0;
}
