#include "fdt.h"
#include "device_tree.h"
#include <stddef.h>

#define HEADER_SIZE 40u
#define MAX_DEPTH 16

void *memcpy(void *restrict to, const void *restrict from, size_t size);

static void read_property(const char *node, const struct fdt_token *token, struct board *board)
{
    if (text_starts(node, "memory@") && text_same(token->name, "reg") && token->size >= 16 && !board->ram_size) {
        board->ram = fdt_get64(token->value);
        board->ram_size = fdt_get64(token->value + 8);
    } else if (text_starts(node, "cpu@") && text_same(token->name, "reg") && board->pes < MAX_PES) {
        board->affinity[board->pes++] = fdt_cells(token->value, token->size);
    } else if (text_same(node, "psci")) {
        board->psci = true;
    } else if (text_same(node, "chosen") && text_same(token->name, "linux,initrd-start")) {
        board->initrd = fdt_cells(token->value, token->size);
    } else if (text_same(node, "chosen") && text_same(token->name, "linux,initrd-end")) {
        board->initrd_end = fdt_cells(token->value, token->size);
    }
}

bool fdt_read(const void *tree, struct board *board)
{
    if (fdt_get32(tree) != FDT_MAGIC)
        return false;
    const char *nodes[MAX_DEPTH] = {""};
    unsigned depth = 0;
    struct fdt_token token = fdt_token(tree, fdt_first(tree));
    for (; token.kind != FDT_END; token = fdt_token(tree, token.next)) {
        if (token.kind == FDT_BEGIN_NODE && depth + 1 < MAX_DEPTH)
            nodes[++depth] = token.name;
        else if (token.kind == FDT_END_NODE && depth)
            depth--;
        else if (token.kind == FDT_PROP)
            read_property(nodes[depth], &token, board);
    }
    return true;
}

struct writer {
    char *at, *end;
    bool full;
};

static void put_bytes(struct writer *w, const void *from, unsigned size)
{
    if (w->full || (unsigned long)(w->end - w->at) < fdt_align(size)) {
        w->full = true;
        return;
    }
    memcpy(w->at, from, size);
    for (unsigned n = size; n < fdt_align(size); n++)
        w->at[n] = 0;
    w->at += fdt_align(size);
}

static void put32(struct writer *w, uint32_t value)
{
    const uint32_t big = __builtin_bswap32(value);
    put_bytes(w, &big, 4);
}

static void put_property(struct writer *w, uint32_t name, const void *value, uint32_t size)
{
    put32(w, FDT_PROP);
    put32(w, size);
    put32(w, name);
    put_bytes(w, value, size);
}

static void put_number(struct writer *w, uint32_t name, uint64_t value)
{
    const uint64_t big = __builtin_bswap64(value);
    put_property(w, name, &big, 8);
}

/* Names that we add behind the strings that the tree has. */
static const char added_strings[] = "linux,initrd-start\0linux,initrd-end\0bootargs";
#define INITRD_START 0u
#define INITRD_END 19u
#define BOOTARGS 36u

/* What the guest doesn't get: devices that do DMA, which nothing here confines, and the ITS. */
static bool hidden(const char *node)
{
    static const char *const names[] = {"its@", "pcie@", "virtio_mmio@", "fw-cfg@", "flash@", "smmuv3@", "platform-bus@"};
    for (unsigned n = 0; n < sizeof names / sizeof names[0]; n++)
        if (text_starts(node, names[n]))
            return true;
    return false;
}

static const char *skip_node(const void *tree, struct fdt_token token)
{
    for (unsigned depth = 1; depth;) {
        token = fdt_token(tree, token.next);
        depth += token.kind == FDT_BEGIN_NODE;
        depth -= token.kind == FDT_END_NODE;
    }
    return token.next;
}

static void put_chosen(struct writer *w, uint32_t strings, const struct fdt_guest *guest)
{
    if (guest->initrd_end) {
        put_number(w, strings + INITRD_START, guest->initrd);
        put_number(w, strings + INITRD_END, guest->initrd_end);
    }
    if (guest->arguments_size)
        put_property(w, strings + BOOTARGS, guest->arguments, guest->arguments_size);
}

static void copy_property(struct writer *w, const void *tree, const char *node, const struct fdt_token *token, const struct fdt_guest *guest)
{
    const struct fdt_header *header = tree;
    const uint32_t name = (uint32_t)(token->name - (const char *)tree) - fdt_get32(&header->off_dt_strings);
    if (text_starts(node, "memory@") && text_same(token->name, "reg")) {
        const uint64_t reg[2] = {__builtin_bswap64(guest->ram), __builtin_bswap64(guest->ram_size)};
        put_property(w, name, reg, sizeof reg);
    } else if (text_same(node, "psci") && text_same(token->name, "method")) {
        put_property(w, name, "hvc", 4);
    } else if (text_same(node, "chosen") && (text_starts(token->name, "linux,initrd") || text_same(token->name, "bootargs"))) {
        return;
    } else {
        put_property(w, name, token->value, token->size);
    }
}

static void copy_structure(struct writer *w, const void *tree, uint32_t strings, const struct fdt_guest *guest)
{
    const char *nodes[MAX_DEPTH] = {""};
    unsigned depth = 0;
    for (const char *at = fdt_first(tree);;) {
        const struct fdt_token token = fdt_token(tree, at);
        at = token.next;
        if (token.kind == FDT_BEGIN_NODE && hidden(token.name)) {
            at = skip_node(tree, token);
        } else if (token.kind == FDT_BEGIN_NODE) {
            put32(w, FDT_BEGIN_NODE);
            put_bytes(w, token.name, text_length(token.name) + 1);
            if (depth + 1 < MAX_DEPTH)
                nodes[++depth] = token.name;
            if (text_same(token.name, "chosen"))
                put_chosen(w, strings, guest);
        } else if (token.kind == FDT_PROP) {
            copy_property(w, tree, nodes[depth], &token, guest);
        } else if (token.kind != FDT_NOP) {
            put32(w, token.kind);
            if (depth)
                depth--;
        }
        if (token.kind == FDT_END)
            return;
    }
}

unsigned fdt_write(const void *tree, void *to, unsigned room, const struct fdt_guest *guest)
{
    const struct fdt_header *from = tree;
    struct fdt_header *header = to;
    const uint32_t old_strings = fdt_get32(&from->size_dt_strings);
    const uint64_t no_reservations[2] = {0, 0};
    struct writer w = {.at = (char *)to + HEADER_SIZE, .end = (char *)to + room};
    put_bytes(&w, no_reservations, sizeof no_reservations);
    const uint32_t structure = (uint32_t)(w.at - (char *)to);
    copy_structure(&w, tree, old_strings, guest);
    const uint32_t strings = (uint32_t)(w.at - (char *)to);
    const char *names = (const char *)tree + fdt_get32(&from->off_dt_strings);
    for (uint32_t n = 0; n < old_strings && !w.full; n++)
        if (w.at + n + sizeof added_strings < w.end)
            w.at[n] = names[n];
        else
            w.full = true;
    if (w.full)
        return 0;
    memcpy(w.at + old_strings, added_strings, sizeof added_strings);
    const uint32_t total = strings + old_strings + (uint32_t)sizeof added_strings;
    *header = (struct fdt_header){
        .magic = __builtin_bswap32(FDT_MAGIC),
        .totalsize = __builtin_bswap32(total),
        .off_dt_struct = __builtin_bswap32(structure),
        .off_dt_strings = __builtin_bswap32(strings),
        .off_mem_rsvmap = __builtin_bswap32(HEADER_SIZE),
        .version = __builtin_bswap32(17),
        .last_comp_version = __builtin_bswap32(16),
        .size_dt_strings = __builtin_bswap32(old_strings + (uint32_t)sizeof added_strings),
        .size_dt_struct = __builtin_bswap32(strings - structure),
    };
    return total;
}
