#include "guest.h"
#include "bundle.h"
#include "fdt.h"
#include "log.h"
#include "nanovisor.h"
#include "pages.h"
#include "pe.h"
#include "trap.h"
#include "vgic.h"
#include <stddef.h>

/* In the guest's RAM: the Image at its text_offset from the start, then the rest from its end. */
#define TREE_OFFSET (NV_GUEST_RAM_SIZE - 0x200000)
#define TREE_ROOM 0x100000u
#define IMAGE_MAGIC 0x644d5241u /* "ARM\x64" */

/* Linux, Documentation/arch/arm64/booting.rst */
struct image_header {
    uint32_t code[2];
    uint64_t text_offset;
    uint64_t image_size;
    uint64_t flags;
    uint64_t reserved[3];
    uint32_t magic;
    uint32_t pe_offset;
};

void guest_enter(struct frame *frame, void *stack_top) __attribute__((noreturn));
void *memcpy(void *restrict to, const void *restrict from, size_t size);

static uint64_t kernel_entry;

/* Where `size` bytes at `offset` of the guest's RAM are for us, or null when they don't fit below the device tree. */
static void *room(uint64_t offset, uint64_t size)
{
    return offset <= TREE_OFFSET && size <= TREE_OFFSET - offset ? virt(NV_GUEST_RAM + offset) : 0;
}

/* Copied with the caches on; the guest starts with them off. */
static void clean(const void *start, uint64_t size)
{
    cache_clean(start, size);
    asm volatile("ic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}

static bool put(uint64_t offset, const void *from, uint64_t size, const char *what)
{
    void *to = room(offset, size);
    if (!to) {
        log("the %s doesn't fit into the guest's RAM: %lu bytes at offset %lx", what, size, offset);
        return false;
    }
    memcpy(to, from, size);
    clean(to, size);
    return true;
}

/* The offset after the kernel's last byte, .bss included; 0 when it can't be loaded. */
static uint64_t load_kernel(const struct bundle *bundle)
{
    const struct bundle_entry *entry = bundle_find(bundle, NV_BUNDLE_KERNEL);
    const struct image_header *header = entry ? bundle_data(bundle, entry) : 0;
    if (!entry || entry->kind != BUNDLE_KERNEL || entry->size < sizeof *header || header->magic != IMAGE_MAGIC) {
        log("the bundle has no arm64 Image named \"%s\"", NV_BUNDLE_KERNEL);
        return 0;
    }
    const uint64_t size = header->image_size > entry->size ? header->image_size : entry->size;
    if (!room(header->text_offset, size) || !put(header->text_offset, header, entry->size, "kernel"))
        return 0;
    kernel_entry = NV_GUEST_RAM + header->text_offset;
    return header->text_offset + size;
}

static bool load_initrd(const struct bundle *bundle, uint64_t after, struct fdt_guest *guest)
{
    const struct bundle_entry *entry = bundle_find(bundle, NV_BUNDLE_INITRD);
    if (!entry)
        return true;
    const uint64_t offset = (after + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    guest->initrd = NV_GUEST_RAM + offset;
    guest->initrd_end = guest->initrd + entry->size;
    return put(offset, bundle_data(bundle, entry), entry->size, "initrd");
}

bool guest_load(const struct bundle *bundle, const void *tree)
{
    static char arguments[1024];
    struct fdt_guest guest = {.ram = NV_GUEST_RAM, .ram_size = NV_GUEST_RAM_SIZE, .arguments = arguments};
    const uint64_t after = load_kernel(bundle);
    if (!after || !load_initrd(bundle, after, &guest))
        return false;
    const struct bundle_entry *text = bundle_find(bundle, NV_BUNDLE_ARGUMENTS);
    if (text && text->size >= sizeof arguments) {
        log("the guest's arguments are longer than %lu bytes", sizeof arguments - 1);
        return false;
    }
    if (text) {
        const char *from = bundle_data(bundle, text);
        for (; guest.arguments_size < text->size && from[guest.arguments_size] != '\n'; guest.arguments_size++)
            arguments[guest.arguments_size] = from[guest.arguments_size];
        guest.arguments_size++; /* its 0 */
    }
    if (!fdt_write(tree, virt(NV_GUEST_RAM + TREE_OFFSET), TREE_ROOM, &guest)) {
        log("the device tree is too large for the guest");
        return false;
    }
    clean(virt(NV_GUEST_RAM + TREE_OFFSET), TREE_ROOM);
    return true;
}

void guest_start_pe(uint64_t entry, uint64_t context)
{
    static struct frame frames[MAX_PES]; /* not on the stack, which is dropped */
    struct frame *frame = &frames[this_pe()->index];
    *frame = (struct frame){.x = {context}, .elr = entry, .spsr = SPSR_DAIF | SPSR_EL1h};
    write_el1(SCTLR, SCTLR_RES1); /* MMU and caches off */
    write_el1(CPACR, CPACR_FPEN_NONE);
    write_el1(TCR, 0);
    write_el1(CNTKCTL, 0);
    write_el1(CNTV_CTL, 0);
    write_el1(CNTP_CTL, 0);
    vgic_init_pe();
    guest_enter(frame, pe_stack_top(this_pe()));
}

void guest_start(void)
{
    guest_start_pe(kernel_entry, NV_GUEST_RAM + TREE_OFFSET);
}
