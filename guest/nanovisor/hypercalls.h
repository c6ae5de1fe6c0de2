#ifndef HYPERCALLS_H
#define HYPERCALLS_H

/* Serve nanovisor.h's functions. Applications register theirs themselves. */
void hypercalls_init(void);

#endif
