/* Static ELF64 files for AArch64 (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture). Nothing in one is trusted. */
#ifndef ELF_H
#define ELF_H
#include <stdint.h>

#define ELF_LOAD 1u
#define ELF_X 1u
#define ELF_W 2u
#define ELF_EXECUTABLE 2u
#define ELF_AARCH64 183u
#define ELF_IDENT 0x00010102464c457fUL /* 64 bits, little-endian, version 1, as the first word has them */
#define ELF_IDENT_MASK 0x00ffffffffffffffUL

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

/* A header with its program headers in a file of `size` bytes. */
static inline int elf_valid(const struct elf_header *elf, uint64_t size)
{
    return size >= sizeof *elf && (elf->ident[0] & ELF_IDENT_MASK) == ELF_IDENT && elf->type == ELF_EXECUTABLE
           && elf->machine == ELF_AARCH64 && elf->phentsize == sizeof(struct elf_segment) && elf->phoff % 8 == 0 && elf->phoff <= size
           && elf->phnum <= (size - elf->phoff) / sizeof(struct elf_segment);
}

#endif
