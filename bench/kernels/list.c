/* Walks and re-links a shuffled list of 30,000 nodes (1.4 MB): pointer chasing. */
#include "kernel.h"

const char kernel_name[] = "list";
const unsigned kernel_iterations = 3000;

#define COUNT 30000u
struct node {
    struct node *next;
    uint64_t value;
    uint64_t unused[4];
};
static struct node nodes[COUNT];
static uint32_t order[COUNT];

uint64_t kernel(unsigned iterations)
{
    uint64_t checksum = 0, state = 5;
    if (!iterations)
        return 0;
    for (uint32_t n = 0; n < COUNT; n++)
        order[n] = n;
    for (uint32_t n = COUNT - 1; n > 0; n--) {
        const uint32_t other = (uint32_t)(next_random(&state) % (n + 1));
        const uint32_t saved = order[n];
        order[n] = order[other];
        order[other] = saved;
    }
    for (uint32_t n = 0; n < COUNT; n++)
        nodes[order[n]] = (struct node){n + 1 < COUNT ? &nodes[order[n + 1]] : 0, next_random(&state), {0}};
    struct node *head = &nodes[order[0]];
    for (unsigned i = 0; i < iterations; i++) {
        uint64_t sum = 0;
        for (struct node *node = head; node; node = node->next) {
            sum += node->value;
            node->value ^= sum;
        }
        /* Move the second node to the front. */
        struct node *second = head->next;
        head->next = second->next;
        second->next = head;
        head = second;
        checksum = mix(checksum, sum);
    }
    return checksum;
}
