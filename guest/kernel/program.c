#include "program.h"
#include "board.h"
#include "bundle.h"
#include "memory.h"
#include "process.h"
#include "syscall.h"

/* The fields of ELF64 (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture). */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_size, program_header_size, program_header_count;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

#define ELF_MAGIC 0x464c457fu
#define ELF_CLASS_64 2
#define ELF_TYPE_EXECUTABLE 2
#define ELF_MACHINE_AARCH64 183
#define SEGMENT_LOAD 1
#define SEGMENT_X 1u
#define SEGMENT_W 2u

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

static int header_valid(const struct elf_header *elf, uint64_t size)
{
    return size >= sizeof *elf && *(const uint32_t *)elf->ident == ELF_MAGIC && elf->ident[4] == ELF_CLASS_64
           && elf->type == ELF_TYPE_EXECUTABLE && elf->machine == ELF_MACHINE_AARCH64
           && elf->program_header_size == sizeof(struct elf_segment) && elf->program_headers % 8 == 0 && elf->program_headers <= size
           && elf->program_header_count <= (size - elf->program_headers) / sizeof(struct elf_segment);
}

static int load_segment(struct process *process, const uint8_t *file, uint64_t size, const struct elf_segment *segment)
{
    const uint64_t start = segment->address & ~(PAGE_SIZE - 1);
    if (segment->offset > size || segment->file_size > size - segment->offset || segment->file_size > segment->memory_size
        || segment->address >= USER_END || segment->memory_size > USER_END - segment->address
        || (segment->flags & (SEGMENT_W | SEGMENT_X)) == (SEGMENT_W | SEGMENT_X))
        return ERROR_INVALID;
    const uint64_t end = (segment->address + segment->memory_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    const unsigned access = (segment->flags & SEGMENT_W ? REGION_WRITE : 0) | (segment->flags & SEGMENT_X ? REGION_EXECUTE : 0);
    const int error = region_add(process, start, end - start, access);
    if (!error)
        load_bytes(process, segment->address, file + segment->offset, segment->file_size);
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
    if (!header_valid(elf, found->size))
        return ERROR_INVALID;
    const struct elf_segment *segments = (const struct elf_segment *)(file + elf->program_headers);
    for (unsigned n = 0; n < elf->program_header_count; n++) {
        if (segments[n].type != SEGMENT_LOAD || !segments[n].memory_size)
            continue;
        const int error = load_segment(process, file, found->size, &segments[n]);
        if (error)
            return error;
    }
    instructions_written();
    *entry = elf->entry;
    return make_stack(process, argument, argument_at);
}
