#include "board.h"
#include "memory.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u

struct board board = {.arguments = ""};

/* The properties of the node that is being read; its own come before its children's. */
struct node {
    const char *name;
    const char *compatible;
    const uint8_t *reg;
    uint32_t reg_size;
    const char *device_type;
    const char *method;
};

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t read64(const uint8_t *p)
{
    return (uint64_t)read32(p) << 32 | read32(p + 4);
}

static int equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static int starts(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return !*prefix;
}

static void property(struct node *node, const char *name, const uint8_t *value, uint32_t size)
{
    if (equal(name, "compatible"))
        node->compatible = (const char *)value;
    else if (equal(name, "device_type"))
        node->device_type = (const char *)value;
    else if (equal(name, "method"))
        node->method = (const char *)value;
    else if (equal(name, "reg")) {
        node->reg = value;
        node->reg_size = size;
    } else if (equal(name, "bootargs") && equal(node->name, "chosen"))
        board.arguments = (const char *)value;
    else if (equal(name, "linux,initrd-start"))
        board.initrd = size == 8 ? read64(value) : read32(value);
    else if (equal(name, "linux,initrd-end"))
        board.initrd_end = size == 8 ? read64(value) : read32(value);
}

/* Addresses and sizes of the virt board's buses have two cells; a PE's affinity has one or two. */
static void finish(const struct node *node)
{
    if (!node->name)
        return;
    if (node->device_type && equal(node->device_type, "cpu") && node->reg && board.pes < MAX_PES)
        board.affinity[board.pes++] = node->reg_size == 8 ? read64(node->reg) : read32(node->reg);
    if (node->device_type && equal(node->device_type, "memory") && node->reg_size >= 16 && !board.ram_size) {
        board.ram = read64(node->reg);
        board.ram_size = read64(node->reg + 8);
    }
    if (!node->compatible)
        return;
    if (starts(node->compatible, "arm,pl011") && node->reg_size >= 16 && !board.uart)
        board.uart = read64(node->reg);
    if (equal(node->compatible, "arm,gic-v3") && node->reg_size >= 32) {
        board.gicd = read64(node->reg);
        board.gicr = read64(node->reg + 16);
        board.gicr_size = read64(node->reg + 24);
    }
    if (starts(node->compatible, "arm,psci") && node->method)
        board.psci = equal(node->method, "hvc") ? 1 : 2;
}

int board_read(uint64_t device_tree)
{
    const uint8_t *tree = window(device_tree);
    if (device_tree % 8 || read32(tree) != FDT_MAGIC)
        return 0;
    board.tree = device_tree;
    board.tree_size = read32(tree + 4);
    const char *names = (const char *)tree + read32(tree + 12);
    struct node node = {0};
    for (const uint8_t *p = tree + read32(tree + 8);;) {
        const uint32_t token = read32(p);
        p += 4;
        if (token == FDT_PROP) {
            const uint32_t size = read32(p);
            property(&node, names + read32(p + 4), p + 8, size);
            p += 8 + ((size + 3) & ~3u);
        } else if (token == FDT_BEGIN_NODE) {
            finish(&node);
            node = (struct node){.name = (const char *)p};
            uint32_t size = 1;
            while (p[size - 1])
                size++;
            p += (size + 3) & ~3u;
        } else if (token == FDT_END_NODE) {
            finish(&node);
            node = (struct node){0};
        } else if (token != FDT_NOP) {
            return 1;
        }
    }
}

const char *board_argument(const char *name)
{
    for (const char *p = board.arguments; *p;) {
        const char *rest = p;
        const char *n = name;
        while (*n && *rest == *n) {
            rest++;
            n++;
        }
        if (!*n && *rest == '=')
            return rest + 1;
        while (*p && *p != ' ')
            p++;
        while (*p == ' ')
            p++;
    }
    return 0;
}

uint64_t board_number(const char *name, uint64_t otherwise)
{
    const char *text = board_argument(name);
    if (!text)
        return otherwise;
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}
