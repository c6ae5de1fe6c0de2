/* A guest that does at EL1 what it may not: the nanovisor answers, and serves on. In the end it gives no sign of life. */
#include "hyplet.h"
#include "nanovisor.h"
#include "print.h"
#include "psci.h"
#include "sysreg.h"
#include "virt.h"

#define NANOVISOR 0x40200000UL
#define FIRST_VIRTIO 0x0a000000UL /* a device that the guest isn't given */
#define BEYOND (NV_GUEST_RAM + NV_GUEST_RAM_SIZE)
#define OWNER 5
#define WATCHDOG_MS 20

void client(void);
void client_second(void);
void second(void);
void uart_put(char byte);

/* ESR_EL1 of the exception that `function` took, or 0. Nothing returns from an exception: the stack is that of the call. */
uint64_t attempt(void (*function)(uint64_t value), uint64_t value);
extern char rogue_vectors[];

asm("   .pushsection .text\n"
    "   .balign 0x800\n"
    "rogue_vectors:\n"
    "   .rept 16\n"
    "   b caught\n"
    "   .balign 0x80\n"
    "   .endr\n"
    "caught:\n"
    "   ldr x9, =attempt_stack\n"
    "   ldr x9, [x9]\n"
    "   mov sp, x9\n"
    "   mrs x0, esr_el1\n"
    "   b attempt_end\n"
    "   .global attempt\n"
    "attempt:\n"
    "   stp x29, x30, [sp, #-96]!\n"
    "   stp x19, x20, [sp, #16]\n"
    "   stp x21, x22, [sp, #32]\n"
    "   stp x23, x24, [sp, #48]\n"
    "   stp x25, x26, [sp, #64]\n"
    "   stp x27, x28, [sp, #80]\n"
    "   ldr x9, =attempt_stack\n"
    "   mov x10, sp\n"
    "   str x10, [x9]\n"
    "   mov x9, x0\n"
    "   mov x0, x1\n"
    "   blr x9\n"
    "   mov x0, xzr\n"
    "attempt_end:\n"
    "   ldp x19, x20, [sp, #16]\n"
    "   ldp x21, x22, [sp, #32]\n"
    "   ldp x23, x24, [sp, #48]\n"
    "   ldp x25, x26, [sp, #64]\n"
    "   ldp x27, x28, [sp, #80]\n"
    "   ldp x29, x30, [sp], #96\n"
    "   ret\n"
    "   .ltorg\n"
    "   .bss\n"
    "   .balign 8\n"
    "attempt_stack: .skip 8\n"
    "   .popsection\n");

void uart_put(char byte)
{
    *(volatile uint32_t *)VIRT_UART_BASE = (unsigned char)byte;
}

static int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;
    register uint64_t x4 asm("x4") = d;
    asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4) : : "x5", "memory");
    return (int64_t)x0;
}

static void read_at(uint64_t at) { (void)*(volatile uint64_t *)at; }
static void write_at(uint64_t at) { *(volatile uint64_t *)at = 0; }
static void pair_at(uint64_t at) { asm volatile("ldp x2, x3, [%0]" : : "r"(at) : "x2", "x3", "memory"); }
static void jump_to(uint64_t at) { ((void (*)(void))at)(); }
static void write_vbar_el2(uint64_t value) { asm volatile("msr vbar_el2, %0" : : "r"(value)); }
static void write_hcr_el2(uint64_t value) { asm volatile("msr hcr_el2, %0" : : "r"(value)); }
static void return_to_el2(uint64_t spsr)
{
    asm volatile("msr spsr_el1, %0\n\tadr x2, 1f\n\tmsr elr_el1, x2\n\teret\n1:" : : "r"(spsr) : "x2", "memory");
}

static const struct {
    const char *name;
    void (*function)(uint64_t);
    uint64_t value;
} cases[] = {
    {"read the nanovisor's memory", read_at, NANOVISOR},
    {"write the nanovisor's memory", write_at, NANOVISOR},
    {"execute the nanovisor's memory", jump_to, NANOVISOR},
    {"read where there is nothing", read_at, BEYOND},
    {"read another's device", read_at, FIRST_VIRTIO},
    {"write beyond all memory", write_at, 1UL << 38},
    {"read two registers of the GIC at once", pair_at, VIRT_GICD_BASE},
    {"execute a device", jump_to, VIRT_GICD_BASE},
    {"write VBAR_EL2", write_vbar_el2, 0},
    {"write HCR_EL2", write_hcr_el2, 0},
    {"return to EL2", return_to_el2, 0x3c9},
};

static void refused(const char *name, int64_t answer)
{
    print("%s: %ld\n", name, answer);
}

/* Hypercalls that a kernel gone wrong might make. */
static void ask_nonsense(void)
{
    refused("no function", hvc(0xc600ffff, 0, 0, 0, 0));
    refused("log the nanovisor's memory", hvc(NV_LOG, NANOVISOR, 16, 0, 0));
    refused("log a length that overflows", hvc(NV_LOG, NV_GUEST_RAM, ~0UL, 0, 0));
    refused("map the nanovisor's memory", hvc(NV_HYPLET_MAP, OWNER, NANOVISOR, 4096, HYPLET_WRITE));
    refused("map a device", hvc(NV_HYPLET_MAP, OWNER, VIRT_UART_BASE, 4096, HYPLET_WRITE));
    refused("map a size that overflows", hvc(NV_HYPLET_MAP, OWNER, NV_GUEST_RAM, ~0UL, HYPLET_WRITE));
    refused("map to write and execute", hvc(NV_HYPLET_MAP, OWNER, NV_GUEST_RAM, 4096, HYPLET_WRITE | HYPLET_EXECUTE));
    refused("map to execute what can be written", hvc(NV_HYPLET_MAP, OWNER, NV_GUEST_RAM, 4096, HYPLET_EXECUTE));
    refused("map for nobody", hvc(NV_HYPLET_MAP, 0, NV_GUEST_RAM, 4096, 0));
    refused("map for an application", hvc(NV_HYPLET_MAP, 1UL << 32, NV_GUEST_RAM, 4096, 0));
    refused("a stack that isn't mapped", hvc(NV_HYPLET_STACK, OWNER, (uint64_t)-1, NANOVISOR, 4096));
    refused("a callback that isn't mapped", hvc(NV_HYPLET_CALLBACK, OWNER, (uint64_t)-1, NANOVISOR, 0));
    refused("a PE that isn't there", hvc(NV_HYPLET_CALLBACK, OWNER, 1000, NV_GUEST_RAM, 0));
    refused("run what isn't there", hvc(NV_HYPLET_EXECUTE, OWNER, (uint64_t)-1, 0, 0));
    refused("watch the nanovisor's memory", hvc(NV_WATCH, NANOVISOR, 4096, NV_WATCH_ACQUIRE, 0));
    refused("watch a size that overflows", hvc(NV_WATCH, NV_GUEST_RAM, ~0xfffUL, NV_WATCH_ACQUIRE, 0));
    refused("fetch into the nanovisor's memory", hvc(NV_ACQUIRE, NV_GUEST_RAM, NANOVISOR, 0, 0));
    refused("start a PE that isn't there", hvc(PSCI_CPU_ON, 77, NV_GUEST_RAM, 0, 0));
    hvc(NV_HYPLET_RESET, OWNER, 0, 0, 0);
}

/* The second PE comes up here, if it comes up; the nanovisor's memory isn't a place to start. */
void client_second(void)
{
    print("the second PE started where it wasn't sent\n");
}

void client(void)
{
    write_sysreg(vbar_el1, rogue_vectors);
    isb();
    for (unsigned n = 0; n < sizeof cases / sizeof cases[0]; n++)
        print("%s: ESR %lx\n", cases[n].name, attempt(cases[n].function, cases[n].value));
    const int64_t pages = hvc(NV_PAGES, 0, 0, 0, 0);
    ask_nonsense();
    print("pages lost: %ld\n", pages - hvc(NV_PAGES, 0, 0, 0, 0));
    hvc(PSCI_CPU_ON, 1, NANOVISOR, 0, 0);
    print("version %ld\n", hvc(NV_VERSION, 0, 0, 0, 0));
    hvc(NV_WATCHDOG, WATCHDOG_MS, 0, 0, 0);
    for (;;)
        asm volatile("");
}
