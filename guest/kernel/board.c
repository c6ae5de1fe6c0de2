#include "board.h"
#include "device_tree.h"
#include "memory.h"

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

static void property(struct node *node, const struct fdt_token *token)
{
    const char *name = token->name;
    const uint8_t *value = (const uint8_t *)token->value;
    const uint32_t size = token->size;
    if (text_same(name, "compatible"))
        node->compatible = (const char *)value;
    else if (text_same(name, "device_type"))
        node->device_type = (const char *)value;
    else if (text_same(name, "method"))
        node->method = (const char *)value;
    else if (text_same(name, "reg")) {
        node->reg = value;
        node->reg_size = size;
    } else if (text_same(name, "bootargs") && text_same(node->name, "chosen"))
        board.arguments = (const char *)value;
    else if (text_same(name, "linux,initrd-start"))
        board.initrd = fdt_cells(value, size);
    else if (text_same(name, "linux,initrd-end"))
        board.initrd_end = fdt_cells(value, size);
}

/* Addresses and sizes of the virt board's buses have two cells; a PE's affinity has one or two. */
static void finish(const struct node *node)
{
    if (!node->name)
        return;
    if (node->device_type && text_same(node->device_type, "cpu") && node->reg && board.pes < MAX_PES)
        board.affinity[board.pes++] = fdt_cells(node->reg, node->reg_size);
    if (node->device_type && text_same(node->device_type, "memory") && node->reg_size >= 16 && !board.ram_size) {
        board.ram = fdt_get64(node->reg);
        board.ram_size = fdt_get64(node->reg + 8);
    }
    if (!node->compatible)
        return;
    if (text_starts(node->compatible, "arm,pl011") && node->reg_size >= 16 && !board.uart)
        board.uart = fdt_get64(node->reg);
    if (text_same(node->compatible, "arm,gic-v3") && node->reg_size >= 32) {
        board.gicd = fdt_get64(node->reg);
        board.gicr = fdt_get64(node->reg + 16);
        board.gicr_size = fdt_get64(node->reg + 24);
    }
    if (text_starts(node->compatible, "arm,psci") && node->method)
        board.psci = text_same(node->method, "hvc") ? 1 : 2;
}

int board_read(uint64_t device_tree)
{
    const uint8_t *tree = window(device_tree);
    if (device_tree % 8 || fdt_get32(tree) != FDT_MAGIC)
        return 0;
    board.tree = device_tree;
    board.tree_size = fdt_get32(tree + 4);
    struct node node = {0};
    struct fdt_token token = fdt_token(tree, fdt_first(tree));
    for (; token.kind != FDT_END; token = fdt_token(tree, token.next)) {
        if (token.kind == FDT_PROP)
            property(&node, &token);
        else if (token.kind != FDT_NOP)
            finish(&node);
        if (token.kind == FDT_BEGIN_NODE)
            node = (struct node){.name = token.name};
        else if (token.kind == FDT_END_NODE)
            node = (struct node){0};
    }
    return 1;
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
