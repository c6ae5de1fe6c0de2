/* unknown_opcode [guarded]: a hyplet that executes what is no instruction. It ends, its process is told, and all else goes on. */
#include "libhyplet.h"

static uint64_t hyplet(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    asm volatile(".inst 0");
    return 0;
}

int main(int argc, char **argv)
{
    hyplet_choose(argc, argv);
    hyplet_begin(hyplet, -1);
    event_catch(EVENT_HYPLET_DIED);
    printf("unknown_opcode: running it answers %ld\n", hyplet_execute(-1));
    printf("unknown_opcode: told that it died: %s\n", event_wait(EVENT_HYPLET_DIED, FOREVER) == EVENT_HYPLET_DIED ? "yes" : "no");
    printf("unknown_opcode: running it again answers %ld\n", hyplet_execute(-1));
    return 0;
}
