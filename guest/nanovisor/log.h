/* The log: lines on the PL011, which the guest may share. */
#ifndef LOG_H
#define LOG_H
#include "lock.h"
#include "print.h"

extern struct lock log_lock;

/* One line; the newline is added. Whole lines of several PEs don't mix. */
#define log(...)                       \
    do {                               \
        lock(&log_lock);               \
        print("nanovisor: ");          \
        print(__VA_ARGS__);            \
        print("\n");                   \
        unlock(&log_lock);             \
    } while (0)

/* `length` bytes that someone else chose: unprintable ones appear as dots. */
void log_text(const char *who, const char *text, unsigned length);

#endif
