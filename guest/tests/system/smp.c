/*
 * Several PEs: PSCI's answers, spinlocks of exclusives, atomics, message passing, SGIs between PEs, WFE and SEV, broadcast TLBI.
 * What the PEs do is ordered by hand-overs, so the output is the same on every machine. Run with -smp 4.
 */
#include "exceptions.h"
#include "gic.h"
#include "mmu.h"
#include "print.h"
#include "psci.h"
#include "runtime.h"

#define PES 4u
#define ROUNDS 2000u
#define SHARED_VA 0x300000000UL
#define LAST_PE 3u

static struct {
    volatile uint32_t locked;
} lock;
static uint64_t guarded, guarded_twin; /* only changed together, under the lock */
static uint64_t counter;               /* changed atomically, without it */
static volatile unsigned torn;
static uint64_t barrier_count;
static volatile unsigned turn;
static volatile unsigned sgis[PES];
static volatile unsigned sgi_sum[PES];
static uint64_t first_page[PAGE_SIZE / 8] __attribute__((aligned(4096)));
static uint64_t second_page[PAGE_SIZE / 8] __attribute__((aligned(4096)));
static volatile uint64_t seen[PES];
static volatile uint64_t affinity[PES];

static unsigned this_pe(void)
{
    return (unsigned)(read_sysreg(mpidr_el1) & 0xff);
}

/* Test and set with WFE while the lock is taken, as the architecture suggests (Arm ARM K13.3.1). */
static void acquire(void)
{
    uint32_t value, failed;
    asm volatile("   sevl\n"
                 "1: wfe\n"
                 "   ldaxr %w0, [%2]\n"
                 "   cbnz %w0, 1b\n"
                 "   stxr %w1, %w3, [%2]\n"
                 "   cbnz %w1, 1b\n"
                 : "=&r"(value), "=&r"(failed)
                 : "r"(&lock.locked), "r"(1)
                 : "memory");
}

static void release(void)
{
    asm volatile("stlr wzr, [%0]\n\tsev" : : "r"(&lock.locked) : "memory");
}

/* Everyone waits for everyone. */
static void barrier(unsigned phase)
{
    __atomic_fetch_add(&barrier_count, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&barrier_count, __ATOMIC_ACQUIRE) < (uint64_t)PES * phase)
        asm volatile("yield");
}

static void on_exception(struct exception_frame *frame)
{
    if (VECTOR_KIND(frame->vector) != VECTOR_IRQ)
        exceptions_die(frame);
    const uint32_t intid = gic_acknowledge();
    if (intid == INTID_SPURIOUS)
        return;
    sgis[this_pe()]++;
    sgi_sum[this_pe()] += intid;
    gic_end(intid);
}

/* In PE order, one at a time. */
static void in_turn(unsigned pe, unsigned phase, const char *what, uint64_t value)
{
    while (turn != phase * PES + pe)
        asm volatile("yield");
    print("PE %u: %s %lu\n", pe, what, value);
    dsb_ish();
    turn++;
}

static void work(unsigned pe)
{
    gic_init_pe();
    for (uint32_t intid = 0; intid < 16; intid++)
        gic_enable(intid);
    affinity[pe] = read_sysreg(mpidr_el1) & 0xff00ffffff;
    barrier(1);
    in_turn(pe, 0, "affinity", affinity[pe]);

    for (unsigned i = 0; i < ROUNDS; i++) {
        acquire();
        if (guarded != guarded_twin)
            torn++;
        guarded++;
        guarded_twin++;
        release();
        __atomic_fetch_add(&counter, pe + 1, __ATOMIC_RELAXED);
    }
    barrier(2);
    in_turn(pe, 1, "counted, torn", torn);

    /* Each sends SGI `pe` to the next. */
    gic_send_sgi(pe, (pe + 1) % PES);
    while (!sgis[pe])
        interrupts_wait();
    barrier(3);
    in_turn(pe, 2, "SGI from", sgi_sum[pe]);

    /* All have used the page; the first changes it and says so; all look again without a TLBI of their own. */
    seen[pe] = *(volatile uint64_t *)SHARED_VA;
    barrier(4);
    if (pe == 0) {
        *mmu_descriptor(mmu_root, SHARED_VA, 3) = 0;
        tlbi_vae1(SHARED_VA, 0);
        mmu_map(mmu_root, SHARED_VA, (uint64_t)second_page, PAGE_SIZE, MAP_DATA);
    }
    barrier(5);
    isb();
    seen[pe] = seen[pe] * 1000 + *(volatile uint64_t *)SHARED_VA;
    in_turn(pe, 3, "before and after the broadcast TLBI", seen[pe]);
    barrier(6);
}

static void secondary(unsigned pe)
{
    work(pe);
    if (pe == LAST_PE)
        psci_call(PSCI_CPU_OFF, 0, 0, 0);
}

static volatile unsigned again;

static void started_again(unsigned pe)
{
    again = pe + 100;
    for (;;)
        wfi();
}

int main(void)
{
    exceptions_handle_with(on_exception);
    gic_init();
    first_page[0] = 11;
    second_page[0] = 22;
    mmu_map(mmu_root, SHARED_VA, (uint64_t)first_page, PAGE_SIZE, MAP_DATA);

    print("PSCI version %lx, CPU_ON %ld, an unknown function %ld\n", psci_call(PSCI_VERSION, 0, 0, 0),
          psci_call(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), psci_call(PSCI_FEATURES, 0x8400ff00, 0, 0));
    print("state of PE 0 %ld, PE 1 %ld, PE 77 %ld\n", psci_call(PSCI_AFFINITY_INFO, 0, 0, 0), psci_call(PSCI_AFFINITY_INFO, 1, 0, 0),
          psci_call(PSCI_AFFINITY_INFO, 77, 0, 0));
    for (unsigned pe = 1; pe < PES; pe++)
        print("CPU_ON %u: %ld\n", pe, psci_start_pe(pe, secondary));
    print("CPU_ON of PE 0: %ld, of PE 77: %ld\n", psci_start_pe(0, secondary), psci_start_pe(77, secondary));
    work(0);
    print("guarded %lu %lu, counter %lu\n", guarded, guarded_twin, counter);

    while (psci_call(PSCI_AFFINITY_INFO, LAST_PE, 0, 0) != 1)
        ;
    print("PE %u is off\n", LAST_PE);
    print("CPU_ON of PE 1, which is on: %ld\n", psci_start_pe(1, started_again));
    print("CPU_ON of PE %u again: %ld\n", LAST_PE, psci_start_pe(LAST_PE, started_again));
    while (!again)
        ;
    print("started again: %u\n", again);
    return 0;
}
