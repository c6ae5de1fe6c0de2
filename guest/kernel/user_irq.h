/* Interrupts that processes wait for, as Linux's UIO lets them. */
#ifndef USER_IRQ_H
#define USER_IRQ_H
#include <stdint.h>

struct process;
struct thread;
struct alarm_setup;

void user_irqs_init(void);
int64_t user_irq_open(struct process *process, uint64_t intid, int edge);
int64_t user_irq_wait(struct thread *thread, uint64_t intid, uint64_t until);
int64_t user_irq_close(struct process *process, uint64_t intid);
/* The interrupt has come: 0 when nobody has opened it. */
int user_irq_arrived(uint32_t intid);
void user_irqs_release(struct process *process);
unsigned user_irqs_count(void);
/* Whether this process has opened it on this PE. */
int user_irq_is_here(const struct process *process, uint64_t intid);

/* The alarm device (syscall.h), on the PE where its interrupt was opened; null stops it. */
int64_t alarm_start(const struct alarm_setup *setup);
/* Its interrupt: sets the next deadline, or none. 0 if there was none. */
int alarm_fired(void);

#endif
