#include "fdt.h"
#include <stddef.h>

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u
#define FDT_END 9u
#define HEADER_SIZE 40u
#define MAX_DEPTH 16

void *memcpy(void *restrict to, const void *restrict from, size_t size);

struct header { /* big-endian words */
    uint32_t magic, totalsize, off_dt_struct, off_dt_strings, off_mem_rsvmap, version, last_comp_version, boot_cpuid_phys, size_dt_strings,
        size_dt_struct;
};

static uint32_t get32(const void *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

static uint64_t get64(const void *at)
{
    return (uint64_t)get32(at) << 32 | get32((const char *)at + 4);
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool starts(const char *text, const char *with)
{
    while (*with && *text == *with) {
        text++;
        with++;
    }
    return !*with;
}

static unsigned length(const char *text)
{
    unsigned n = 0;
    while (text[n])
        n++;
    return n;
}

static unsigned align4(unsigned n)
{
    return (n + 3) & ~3u;
}

/* One token of the structure block, with what belongs to it. */
struct token {
    uint32_t kind;
    const char *name;  /* of the node or property */
    const char *value; /* of a property */
    uint32_t size;
    const char *next;
};

static struct token read_token(const void *tree, const char *at)
{
    const struct header *header = tree;
    struct token token = {.kind = get32(at), .next = at + 4};
    if (token.kind == FDT_BEGIN_NODE) {
        token.name = at + 4;
        token.next += align4(length(token.name) + 1);
    } else if (token.kind == FDT_PROP) {
        token.size = get32(at + 4);
        token.name = (const char *)tree + get32(&header->off_dt_strings) + get32(at + 8);
        token.value = at + 12;
        token.next = token.value + align4(token.size);
    }
    return token;
}

static const char *first_token(const void *tree)
{
    return (const char *)tree + get32(&((const struct header *)tree)->off_dt_struct);
}

static uint64_t get_cells(const struct token *token)
{
    return token->size == 8 ? get64(token->value) : get32(token->value);
}

static void read_property(const char *node, const struct token *token, struct board *board)
{
    if (starts(node, "memory@") && same(token->name, "reg") && token->size >= 16 && !board->ram_size) {
        board->ram = get64(token->value);
        board->ram_size = get64(token->value + 8);
    } else if (starts(node, "cpu@") && same(token->name, "reg") && board->pes < MAX_PES) {
        board->affinity[board->pes++] = get_cells(token);
    } else if (same(node, "psci")) {
        board->psci = true;
    } else if (same(node, "chosen") && same(token->name, "linux,initrd-start")) {
        board->initrd = get_cells(token);
    } else if (same(node, "chosen") && same(token->name, "linux,initrd-end")) {
        board->initrd_end = get_cells(token);
    }
}

bool fdt_read(const void *tree, struct board *board)
{
    if (get32(tree) != FDT_MAGIC)
        return false;
    const char *nodes[MAX_DEPTH] = {""};
    unsigned depth = 0;
    struct token token = read_token(tree, first_token(tree));
    for (; token.kind != FDT_END; token = read_token(tree, token.next)) {
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
    if (w->full || (unsigned long)(w->end - w->at) < align4(size)) {
        w->full = true;
        return;
    }
    memcpy(w->at, from, size);
    for (unsigned n = size; n < align4(size); n++)
        w->at[n] = 0;
    w->at += align4(size);
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
        if (starts(node, names[n]))
            return true;
    return false;
}

static const char *skip_node(const void *tree, struct token token)
{
    for (unsigned depth = 1; depth;) {
        token = read_token(tree, token.next);
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

static void copy_property(struct writer *w, const void *tree, const char *node, const struct token *token, const struct fdt_guest *guest)
{
    const struct header *header = tree;
    const uint32_t name = (uint32_t)(token->name - (const char *)tree) - get32(&header->off_dt_strings);
    if (starts(node, "memory@") && same(token->name, "reg")) {
        const uint64_t reg[2] = {__builtin_bswap64(guest->ram), __builtin_bswap64(guest->ram_size)};
        put_property(w, name, reg, sizeof reg);
    } else if (same(node, "psci") && same(token->name, "method")) {
        put_property(w, name, "hvc", 4);
    } else if (same(node, "chosen") && (starts(token->name, "linux,initrd") || same(token->name, "bootargs"))) {
        return;
    } else {
        put_property(w, name, token->value, token->size);
    }
}

static void copy_structure(struct writer *w, const void *tree, uint32_t strings, const struct fdt_guest *guest)
{
    const char *nodes[MAX_DEPTH] = {""};
    unsigned depth = 0;
    for (const char *at = first_token(tree);;) {
        const struct token token = read_token(tree, at);
        at = token.next;
        if (token.kind == FDT_BEGIN_NODE && hidden(token.name)) {
            at = skip_node(tree, token);
        } else if (token.kind == FDT_BEGIN_NODE) {
            put32(w, FDT_BEGIN_NODE);
            put_bytes(w, token.name, length(token.name) + 1);
            if (depth + 1 < MAX_DEPTH)
                nodes[++depth] = token.name;
            if (same(token.name, "chosen"))
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
    const struct header *from = tree;
    struct header *header = to;
    const uint32_t old_strings = get32(&from->size_dt_strings);
    const uint64_t no_reservations[2] = {0, 0};
    struct writer w = {.at = (char *)to + HEADER_SIZE, .end = (char *)to + room};
    put_bytes(&w, no_reservations, sizeof no_reservations);
    const uint32_t structure = (uint32_t)(w.at - (char *)to);
    copy_structure(&w, tree, old_strings, guest);
    const uint32_t strings = (uint32_t)(w.at - (char *)to);
    const char *names = (const char *)tree + get32(&from->off_dt_strings);
    for (uint32_t n = 0; n < old_strings && !w.full; n++)
        if (w.at + n + sizeof added_strings < w.end)
            w.at[n] = names[n];
        else
            w.full = true;
    if (w.full)
        return 0;
    memcpy(w.at + old_strings, added_strings, sizeof added_strings);
    const uint32_t total = strings + old_strings + (uint32_t)sizeof added_strings;
    *header = (struct header){
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
