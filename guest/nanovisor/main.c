/* From start.S to the guest. */
#include "bundle.h"
#include "fdt.h"
#include "gicv3.h"
#include "guest.h"
#include "hypercalls.h"
#include "layout.h"
#include "log.h"
#include "nanovisor-psci.h"
#include "nanovisor.h"
#include "native.h"
#include "pages.h"
#include "pe.h"
#include "stage1.h"
#include "stage2.h"
#include "vgic-registers.h"

void nanovisor_main(uint64_t device_tree) __attribute__((noreturn));

static struct board board;

static void __attribute__((noreturn)) give_up(const char *why)
{
    log("%s", why);
    power_off();
}

/* x0 at entry, or for an ELF the start of RAM. */
static const void *find_tree(uint64_t device_tree)
{
    const uint64_t candidates[] = {device_tree, RAM_BASE};
    for (unsigned n = 0; n < 2; n++)
        if (candidates[n] && candidates[n] % 8 == 0 && fdt_read(virt(candidates[n]), &board))
            return virt(candidates[n]);
    give_up("there is no device tree, neither in x0 nor at the start of RAM");
}

/* The initrd; a loader of ELFs, which knows none, puts the bundle where an initrd would be. */
static const struct bundle *find_bundle(void)
{
    const uint64_t usual = NV_GUEST_RAM + NV_GUEST_RAM_SIZE, end = board.ram + board.ram_size;
    const struct bundle *bundle = virt(board.initrd ? board.initrd : usual);
    const uint64_t size = board.initrd ? board.initrd_end - board.initrd : end - usual;
    if (!board.initrd && bundle_valid(bundle, size))
        return bundle;
    if (board.initrd < usual)
        give_up("there is no bundle with a guest: give one as -initrd, and the machine 256 MB of memory or more");
    if (!bundle_valid(bundle, size))
        give_up("the initrd isn't a bundle");
    return bundle;
}

static void find_pes(void)
{
    pe_count = board.pes && board.psci ? board.pes : 1;
    for (unsigned n = 0; n < pe_count; n++)
        pes[n].mpidr = board.affinity[n];
}

void nanovisor_main(uint64_t device_tree)
{
    pe_init(0);
    uart_init();
    const void *tree = find_tree(device_tree);
    if (board.ram_size < NV_GUEST_RAM + NV_GUEST_RAM_SIZE - RAM_BASE)
        give_up("the machine has too little memory: it needs 256 MB");
    stage1_finish(board.ram, board.ram_size);
    find_pes();
    gicv3_init();
    if (!stage2_init())
        give_up("out of pages for the guest's tables");
    pe_join();
    pes[0].state = PE_ON;
    vgic_registers_init();
    hypercalls_init();
    psci_init();
    pe_start_others();
    log("version 1, %u PE%s, %s", pe_count, pe_count == 1 ? "" : "s", vhe ? "EL2 with VHE" : "EL2 without VHE");
    const struct bundle *bundle = find_bundle();
    native_init(bundle);
    if (!guest_load(bundle, tree))
        give_up("no guest");
    guest_start();
}
