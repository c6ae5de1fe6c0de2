/*
 * honeypot: security by stage-2 permissions. A page that nobody should touch is closed; who touches it is seen, and goes on. Then
 * memory acquisition: closed pages are copied as they were, each when it is first touched.
 */
#include "libhyplet.h"
#include "nanovisor.h"

#define PAGE 4096
#define PAGES 10 /* 40960 bytes, as published */
#define TOUCHED 0x123
#define STATUS_TOUCHES 0
#define STATUS_OFFSET 1
#define STATUS_CLOSED 3

static void fill(uint8_t *at, unsigned size, unsigned first)
{
    for (unsigned n = 0; n < size; n++)
        at[n] = (uint8_t)(first + n / PAGE);
}

static int holds(const uint8_t *page, unsigned value)
{
    for (unsigned n = 0; n < PAGE; n++)
        if (page[n] != value)
            return 0;
    return 1;
}

static void honeypot(volatile uint8_t *pot)
{
    const int64_t before = hyplet_watch_status(STATUS_TOUCHES);
    hyplet_check(hyplet_watch((void *)pot, PAGES * PAGE, NV_WATCH_HONEYPOT), "closing the pages");
    printf("honeypot: %ld pages closed\n", hyplet_watch_status(STATUS_CLOSED));
    const uint8_t byte = pot[3 * PAGE + TOUCHED];
    printf("honeypot: a read got %u; touches %ld, at offset %lx, %ld pages closed\n", byte, hyplet_watch_status(STATUS_TOUCHES) - before,
           hyplet_watch_status(STATUS_OFFSET), hyplet_watch_status(STATUS_CLOSED));
    pot[7 * PAGE] = 1;
    printf("honeypot: after a write touches %ld\n", hyplet_watch_status(STATUS_TOUCHES) - before);
    hyplet_check(hyplet_watch((void *)pot, PAGES * PAGE, NV_WATCH_OPEN), "opening the pages");
    printf("honeypot: %ld pages closed\n", hyplet_watch_status(STATUS_CLOSED));
}

static unsigned acquisition(uint8_t *memory, uint8_t *copy)
{
    unsigned right = 0;
    fill(memory, PAGES * PAGE, 100);
    hyplet_check(hyplet_watch(memory, PAGES * PAGE, NV_WATCH_ACQUIRE), "closing the pages");
    for (unsigned n = 0; n < PAGES; n++)
        ((volatile uint8_t *)memory)[n * PAGE + n] = 0; /* life goes on */
    for (unsigned n = 0; n < PAGES; n++)
        right += hyplet_acquire(memory + n * PAGE, copy) >= 0 && holds(copy, 100 + n);
    printf("acquisition: %u of %u pages as they were; the memory itself has changed: %s\n", right, PAGES, memory[PAGE + 1] ? "no" : "yes");
    printf("acquisition: a page that nobody touched answers %ld\n", hyplet_acquire(memory, copy));
    return right;
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    uint8_t *pot = map(PAGES * PAGE), *copy = map(PAGE);
    const int64_t free_pages = hyplet_resources(0) + hyplet_resources(3);
    fill(pot, PAGES * PAGE, 1);
    memset(copy, 0, PAGE);
    honeypot(pot);
    const unsigned right = acquisition(pot, copy);
    hyplet_watch(pot, PAGES * PAGE, NV_WATCH_OPEN);
    printf("honeypot: pages left behind by copies: %ld\n", free_pages - hyplet_resources(0) - hyplet_resources(3));
    return right != PAGES;
}
