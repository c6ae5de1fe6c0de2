/* Just enough of a flattened device tree reader (Devicetree Specification, chapter 5). */
#ifndef FDT_H
#define FDT_H
#include <stdint.h>

/* The tree that the loader left: the address in x0 at entry, or the start of RAM; null when neither holds one. */
const void *fdt_address(void);
/* The value of `property` in the top-level node `node`, or null; its length in bytes goes to *length when not null. */
const char *fdt_property(const char *node, const char *property, uint32_t *length);

#endif
