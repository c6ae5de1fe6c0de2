/* FEAT_LSE: every atomic operation in every size, with its edge values; CAS and CASP. Needs neoverse-n1 or max. */
#include "exceptions.h"
#include "print.h"
#include "runtime.h"
#include "sysreg.h"

asm(".arch_extension lse");

static uint64_t cell[2] __attribute__((aligned(16)));

static const uint64_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0x7fffffffffffffff, 0x8000000000000000, ~0UL};
#define VALUES (sizeof values / sizeof values[0])

static uint64_t mix(uint64_t checksum, uint64_t value)
{
    return (checksum ^ value) * 0x9e3779b97f4a7c15UL + (checksum >> 29);
}

/* One line an instruction: a checksum over all pairs of values of what it returned and what it left, and one pair in full. */
#define OPERATION(instruction, modifier)                                                                                     \
    do {                                                                                                                     \
        uint64_t checksum = 0, old = 0;                                                                                      \
        for (unsigned i = 0; i < VALUES; i++)                                                                                \
            for (unsigned j = 0; j < VALUES; j++) {                                                                          \
                cell[0] = values[i];                                                                                         \
                old = ~0UL;                                                                                                  \
                asm volatile(instruction " %" modifier "1, %" modifier "0, [%2]"                                             \
                             : "+&r"(old)                                                                                    \
                             : "r"(values[j]), "r"(cell)                                                                     \
                             : "memory");                                                                                    \
                checksum = mix(mix(checksum, old), cell[0]);                                                                 \
            }                                                                                                                \
        print("%-10s %016lx  last %lx %lx\n", instruction, checksum, old, cell[0]);                                          \
    } while (0)

#define SIZES(name) OPERATION(name, "x"); OPERATION(name, "w"); OPERATION(name "b", "w"); OPERATION(name "h", "w")
#define ORDERS(name) SIZES(name); OPERATION(name "a", "x"); OPERATION(name "l", "x"); OPERATION(name "al", "x"); OPERATION(name "alb", "w")

#define COMPARE_AND_SWAP(instruction, modifier)                                                                              \
    do {                                                                                                                     \
        uint64_t checksum = 0, compare = 0;                                                                                  \
        for (unsigned i = 0; i < VALUES; i++)                                                                                \
            for (unsigned j = 0; j < VALUES; j++) {                                                                          \
                cell[0] = values[i];                                                                                         \
                compare = values[j];                                                                                         \
                asm volatile(instruction " %" modifier "0, %" modifier "1, [%2]"                                             \
                             : "+&r"(compare)                                                                                \
                             : "r"(0x123456789abcdef0UL), "r"(cell)                                                          \
                             : "memory");                                                                                    \
                checksum = mix(mix(checksum, compare), cell[0]);                                                             \
            }                                                                                                                \
        print("%-10s %016lx  last %lx %lx\n", instruction, checksum, compare, cell[0]);                                      \
    } while (0)

static void compare_and_swap_pair(uint64_t first, uint64_t second)
{
    register uint64_t x2 asm("x2") = first;
    register uint64_t x3 asm("x3") = second;
    register uint64_t x4 asm("x4") = 0xaaaa;
    register uint64_t x5 asm("x5") = 0xbbbb;
    cell[0] = 0x1111;
    cell[1] = 0x2222;
    asm volatile("caspal x2, x3, x4, x5, [%2]" : "+r"(x2), "+r"(x3) : "r"(cell), "r"(x4), "r"(x5) : "memory");
    print("caspal %lx %lx: found %lx %lx, left %lx %lx\n", first, second, x2, x3, cell[0], cell[1]);
}

static void compare_and_swap_pair_words(uint64_t first, uint64_t second)
{
    register uint64_t x2 asm("x2") = first;
    register uint64_t x3 asm("x3") = second;
    register uint64_t x4 asm("x4") = 0xffffffff0000aaaa;
    register uint64_t x5 asm("x5") = 0xffffffff0000bbbb;
    cell[0] = 0x0000222200001111;
    cell[1] = 0x3333;
    asm volatile("casp w2, w3, w4, w5, [%2]" : "+r"(x2), "+r"(x3) : "r"(cell), "r"(x4), "r"(x5) : "memory");
    print("casp w %lx %lx: found %lx %lx, left %lx %lx\n", first, second, x2, x3, cell[0], cell[1]);
}

int main(void)
{
    print("ID_AA64ISAR0_EL1.Atomic %lu\n", field(read_sysreg(id_aa64isar0_el1), 23, 20));
    ORDERS("ldadd");
    ORDERS("ldclr");
    ORDERS("ldeor");
    ORDERS("ldset");
    ORDERS("ldsmax");
    ORDERS("ldsmin");
    ORDERS("ldumax");
    ORDERS("ldumin");
    ORDERS("swp");
    COMPARE_AND_SWAP("cas", "x");
    COMPARE_AND_SWAP("cas", "w");
    COMPARE_AND_SWAP("casb", "w");
    COMPARE_AND_SWAP("cash", "w");
    COMPARE_AND_SWAP("casa", "x");
    COMPARE_AND_SWAP("casl", "x");
    COMPARE_AND_SWAP("casal", "x");
    COMPARE_AND_SWAP("casalb", "w");
    COMPARE_AND_SWAP("casalh", "w");
    compare_and_swap_pair(0x1111, 0x2222);
    compare_and_swap_pair(0x1111, 0x2223);
    compare_and_swap_pair(0x1112, 0x2222);
    compare_and_swap_pair_words(0x1111, 0x2222);
    compare_and_swap_pair_words(0xffffffff00001111, 0xffffffff00002222);
    compare_and_swap_pair_words(0x1111, 0x2220);
    cell[0] = 40;
    asm volatile("stadd %0, [%1]" : : "r"(2UL), "r"(cell) : "memory");
    print("stadd: %lu\n", cell[0]);
    return 0;
}
