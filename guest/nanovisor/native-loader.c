/* ELF64 into a space (System V ABI, chapter 4 and 5). Nothing in the image is trusted. */
#include "domain.h"
#include "el2.h"
#include "native.h"
#include "pages.h"
#include "pe.h"
#include "space.h"
#include "stubdomain.h"
#include <stddef.h>

#define PT_LOAD 1u
#define PF_X 1u
#define PF_W 2u
#define ET_EXEC 2u
#define EM_AARCH64 183u
#define CLASS_64_LITTLE_ENDIAN 0x00010102464c457fUL /* and EI_VERSION, as the first word of e_ident has them */
#define IDENT_MASK 0x00ffffffffffffffUL

void *memcpy(void *restrict to, const void *restrict from, size_t size);

struct elf_header {
    uint64_t ident[2];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static void *own_page(struct application *a)
{
    void *page = a->page_count < MAX_APPLICATION_PAGES ? page_new() : 0;
    if (page)
        a->pages[a->page_count++] = phys(page);
    return page;
}

/* Instructions are fetched from where data caches write them to. */
static void clean_to_unification(const void *page)
{
    const uint64_t line = 4UL << field(read_sysreg(ctr_el0), 19, 16);
    for (uint64_t at = (uint64_t)page; at < (uint64_t)page + PAGE_SIZE; at += line)
        asm volatile("dc cvau, %0" : : "r"(at) : "memory");
    dsb_ish();
}

static const char *load_segment(struct application *a, const struct elf_segment *segment)
{
    const unsigned permissions = (segment->flags & PF_W ? HYPLET_WRITE : 0) | (segment->flags & PF_X ? HYPLET_EXECUTE : 0);
    if (permissions == (HYPLET_WRITE | HYPLET_EXECUTE))
        return "a segment is writable and executable";
    if (segment->vaddr % PAGE_SIZE || segment->vaddr < IMAGE_START || segment->vaddr >= IMAGE_END
        || segment->memsz > IMAGE_END - segment->vaddr)
        return "a segment lies where none may";
    if (segment->filesz > segment->memsz || segment->offset > a->image_size || segment->filesz > a->image_size - segment->offset)
        return "a segment isn't in the file";
    for (uint64_t at = 0; at < segment->memsz; at += PAGE_SIZE) {
        void *page = own_page(a);
        if (!page)
            return "it needs too much memory";
        if (at < segment->filesz)
            memcpy(page, a->image + segment->offset + at, segment->filesz - at < PAGE_SIZE ? segment->filesz - at : PAGE_SIZE);
        if (permissions & HYPLET_EXECUTE)
            clean_to_unification(page);
        if (space_page(a->space, segment->vaddr + at, 0))
            return "its segments overlap";
        if (!space_map(a->space, segment->vaddr + at, phys(page), permissions))
            return "there are no pages for its tables";
    }
    return 0;
}

static const char *load_segments(struct application *a)
{
    const struct elf_header *header = (const struct elf_header *)a->image;
    if (a->image_size < sizeof *header || (header->ident[0] & IDENT_MASK) != CLASS_64_LITTLE_ENDIAN || header->type != ET_EXEC
        || header->machine != EM_AARCH64)
        return "it isn't a static ELF64 for AArch64";
    if (header->phentsize != sizeof(struct elf_segment) || header->phoff % 8 || header->phoff > a->image_size
        || header->phnum > (a->image_size - header->phoff) / sizeof(struct elf_segment))
        return "its program headers aren't in the file";
    const struct elf_segment *segments = (const struct elf_segment *)(a->image + header->phoff);
    for (unsigned n = 0; n < header->phnum; n++) {
        const char *wrong = segments[n].type == PT_LOAD ? load_segment(a, &segments[n]) : 0;
        if (wrong)
            return wrong;
    }
    a->entry = header->entry;
    return header->entry % 4 == 0 && space_page(a->space, header->entry, HYPLET_EXECUTE) ? 0 : "its entry point isn't in its code";
}

/* Each PE has its own; what is below is never mapped. A domain has one virtual CPU. */
static const char *map_stacks(struct application *a, unsigned count)
{
    for (unsigned pe = 0; pe < count; pe++)
        for (unsigned n = 1; n <= STACK_PAGES; n++) {
            void *page = own_page(a);
            if (!page || !space_map(a->space, STACKS + (pe + 1) * STACK_SPAN - n * PAGE_SIZE, phys(page), HYPLET_WRITE))
                return "there are no pages for its stacks";
        }
    return 0;
}

static const char *map_ring(struct application *a)
{
    void *page = own_page(a);
    if (!page || !space_map(a->space, DOMAIN_RING, phys(page), HYPLET_WRITE))
        return "there is no page for its ring";
    stubdomain_reset(a, page);
    return 0;
}

const char *application_load(struct application *a)
{
    const uint64_t owner = OWNER_END + (uint64_t)(a - applications);
    a->space = a->domain ? space_new_domain(owner) : space_new(owner, HYPLET_GUARDED);
    if (!a->space)
        return "there is no room for another address space";
    const char *wrong = load_segments(a);
    if (!wrong)
        wrong = map_stacks(a, a->domain ? 1 : pe_count);
    if (!wrong && a->domain)
        wrong = map_ring(a);
    if (wrong)
        application_unload(a);
    return wrong;
}

void application_unload(struct application *a)
{
    if (a->space)
        space_delete(a->space);
    a->space = 0;
    while (a->page_count)
        page_free(virt(a->pages[--a->page_count]));
    for (unsigned n = 0; n < APP_GUEST_PAGES; n++)
        a->guest_pages[n] = 0;
}
