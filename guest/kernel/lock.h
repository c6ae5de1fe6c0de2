/* The kernel's one lock: held from an exception's entry to its return, but while a PE is idle. */
#ifndef LOCK_H
#define LOCK_H

void lock(void);
void unlock(void);

#endif
