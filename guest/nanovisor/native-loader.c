/* ELF64 into a space (System V ABI, chapter 4 and 5). Nothing in the image is trusted. */
#include "domain.h"
#include "elf.h"
#include "native.h"
#include "pages.h"
#include "pe.h"
#include "space.h"
#include "stubdomain.h"
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);

static void *own_page(struct application *a)
{
    void *page = a->page_count < MAX_APPLICATION_PAGES ? page_new() : 0;
    if (page)
        a->pages[a->page_count++] = phys(page);
    return page;
}

static const char *load_segment(struct application *a, const struct elf_segment *segment)
{
    const unsigned permissions = (segment->flags & ELF_W ? HYPLET_WRITE : 0) | (segment->flags & ELF_X ? HYPLET_EXECUTE : 0);
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
            cache_clean(page, PAGE_SIZE);
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
    if (!elf_valid(header, a->image_size))
        return "it isn't a static ELF64 for AArch64, or its program headers aren't in the file";
    const struct elf_segment *segments = (const struct elf_segment *)(a->image + header->phoff);
    for (unsigned n = 0; n < header->phnum; n++) {
        const char *wrong = segments[n].type == ELF_LOAD ? load_segment(a, &segments[n]) : 0;
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
