/* Quicksort of 20,000 records through a comparison callback, as qsort() is used. */
#include "kernel.h"

const char kernel_name[] = "sort";
const unsigned kernel_iterations = 150;

#define COUNT 20000
struct record {
    uint64_t key;
    uint64_t value;
};
static struct record records[COUNT];

typedef int compare_function(const struct record *a, const struct record *b);

static int by_key(const struct record *a, const struct record *b)
{
    return (a->key > b->key) - (a->key < b->key);
}

static int by_value(const struct record *a, const struct record *b)
{
    return (a->value > b->value) - (a->value < b->value);
}

static void swap(struct record *a, struct record *b)
{
    const struct record saved = *a;
    *a = *b;
    *b = saved;
}

static void quicksort(struct record *first, struct record *last, compare_function *compare)
{
    while (first < last) {
        struct record pivot = first[(last - first) / 2];
        struct record *low = first, *high = last;
        while (low <= high) {
            while (compare(low, &pivot) < 0)
                low++;
            while (compare(high, &pivot) > 0)
                high--;
            if (low <= high)
                swap(low++, high--);
        }
        if (high - first < last - low) {
            quicksort(first, high, compare);
            first = low;
        } else {
            quicksort(low, last, compare);
            last = high;
        }
    }
}

uint64_t kernel(unsigned iterations)
{
    /* Volatile, so that the calls stay indirect. */
    static compare_function *volatile const orders[] = {by_key, by_value};
    uint64_t checksum = 0, state = 99;
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned n = 0; n < COUNT; n++)
            records[n] = (struct record){next_random(&state) >> 20, next_random(&state) >> 40};
        quicksort(records, records + COUNT - 1, orders[i % 2]);
        for (unsigned n = 0; n < COUNT; n += 97)
            checksum = mix(checksum, records[n].key + records[n].value);
    }
    return checksum;
}
