/* Pages of the guest's that are closed through stage 2 until someone touches them: the honeypot, and live memory acquisition. */
#ifndef WATCH_H
#define WATCH_H
#include <stdbool.h>
#include <stdint.h>

struct frame;

/* A permission fault at `ipa`. True: it was a closed page, which is open now. */
bool watch_touched(const struct frame *frame, uint64_t ipa);
/* NV_WATCH, NV_WATCH_STATUS, NV_ACQUIRE. */
bool watch_serve(struct frame *frame);

#endif
