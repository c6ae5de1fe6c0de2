#include "program.h"
#include "board.h"
#include "bundle.h"
#include "elf.h"
#include "memory.h"
#include "process.h"
#include "syscall.h"

static const struct bundle *bundle;

int programs_init(void)
{
    if (!board.initrd || board.initrd_end <= board.initrd || !page_is_ram(board.initrd) || !page_is_ram(board.initrd_end - 1))
        return 0;
    const struct bundle *found = window(board.initrd);
    if (!bundle_valid(found, board.initrd_end - board.initrd))
        return 0;
    bundle = found;
    return 1;
}

static int load_segment(struct process *process, const uint8_t *file, uint64_t size, const struct elf_segment *segment)
{
    const uint64_t start = segment->vaddr & ~(PAGE_SIZE - 1);
    if (segment->offset > size || segment->filesz > size - segment->offset || segment->filesz > segment->memsz
        || segment->vaddr >= USER_END || segment->memsz > USER_END - segment->vaddr
        || (segment->flags & (ELF_W | ELF_X)) == (ELF_W | ELF_X))
        return ERROR_INVALID;
    const uint64_t end = (segment->vaddr + segment->memsz + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    const unsigned access = (segment->flags & ELF_W ? REGION_WRITE : 0) | (segment->flags & ELF_X ? REGION_EXECUTE : 0);
    const int error = region_add(process, start, end - start, access);
    if (!error)
        load_bytes(process, segment->vaddr, file + segment->offset, segment->filesz);
    return error;
}

static int make_stack(struct process *process, const char *argument, uint64_t *argument_at)
{
    uint64_t length = 1;
    while (argument[length - 1])
        length++;
    if (length > PAGE_SIZE)
        return ERROR_TOO_LONG;
    *argument_at = USER_STACK_TOP - length;
    const int error = region_add(process, USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_SIZE, REGION_WRITE);
    return error ? error : copy_out(process, *argument_at, argument, length);
}

int64_t program_load(struct process *process, const char *name, const char *argument, uint64_t *entry, uint64_t *argument_at)
{
    const struct bundle_entry *found = bundle ? bundle_find(bundle, name) : 0;
    if (!found || found->kind != BUNDLE_PROGRAM)
        return ERROR_NOT_FOUND;
    const uint8_t *file = bundle_data(bundle, found);
    const struct elf_header *elf = (const struct elf_header *)file;
    if (!elf_valid(elf, found->size))
        return ERROR_INVALID;
    const struct elf_segment *segments = (const struct elf_segment *)(file + elf->phoff);
    for (unsigned n = 0; n < elf->phnum; n++) {
        if (segments[n].type != ELF_LOAD || !segments[n].memsz)
            continue;
        const int error = load_segment(process, file, found->size, &segments[n]);
        if (error)
            return error;
    }
    instructions_written();
    *entry = elf->entry;
    return make_stack(process, argument, argument_at);
}
