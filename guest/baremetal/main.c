/* What runs between start.S and a program's own main(). */
#include "runtime.h"
#include "exceptions.h"
#include "mmu.h"
#include "print.h"
#include "semihosting.h"

void runtime_main(uint64_t device_tree, unsigned started_at_el);
void runtime_secondary(unsigned pe);

uint64_t runtime_device_tree;
unsigned runtime_started_at_el;
void (*volatile runtime_secondary_entry)(unsigned pe);

void runtime_main(uint64_t device_tree, unsigned started_at_el)
{
    runtime_device_tree = device_tree;
    runtime_started_at_el = started_at_el;
    exceptions_init();
    uart_init();
    mmu_build_identity_map();
    mmu_enable();
    semihosting_exit(main());
}

void runtime_secondary(unsigned pe)
{
    exceptions_init();
    mmu_enable();
    runtime_secondary_entry(pe);
}
