/* The local exclusive monitor: what keeps it, what clears it, sizes and addresses. A STXR's result is printed: 0 stored, 1 not. */
#include "exceptions.h"
#include "print.h"
#include "runtime.h"
#include "sysreg.h"

static uint64_t words[16] __attribute__((aligned(128)));

static void on_exception(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_SVC64)
        exceptions_die(frame);
}

#define CASE(name, text)                                                                                                     \
    do {                                                                                                                     \
        uint32_t result = 9;                                                                                                 \
        words[0] = 1, words[1] = 2, words[2] = 3;                                                                            \
        asm volatile("clrex\n\t" text : "+&r"(result) : "r"(words), "r"(77UL) : "x9", "x10", "x11", "memory");               \
        print("%-44s %u: %lx %lx %lx\n", name, result, words[0], words[1], words[2]);                                        \
    } while (0)

int main(void)
{
    exceptions_handle_with(on_exception);
    CASE("ldxr stxr", "ldxr x9, [%1]\n\tstxr %w0, %2, [%1]");
    CASE("stxr alone", "stxr %w0, %2, [%1]");
    CASE("ldxr clrex stxr", "ldxr x9, [%1]\n\tclrex\n\tstxr %w0, %2, [%1]");
    CASE("ldxr stxr stxr: the second", "ldxr x9, [%1]\n\tstxr w10, %2, [%1]\n\tstxr %w0, %2, [%1]");
    CASE("ldxr, exception, stxr", "ldxr x9, [%1]\n\tsvc #0\n\tstxr %w0, %2, [%1]");
    CASE("ldaxr stlxr", "ldaxr x9, [%1]\n\tstlxr %w0, %2, [%1]");
    CASE("ldxr w, stxr w", "ldxr w9, [%1]\n\tstxr %w0, %w2, [%1]");
    CASE("ldxrb stxrb", "ldxrb w9, [%1]\n\tstxrb %w0, %w2, [%1]");
    CASE("ldxrh stxrh", "ldxrh w9, [%1]\n\tstxrh %w0, %w2, [%1]");
    CASE("ldxp stxp", "ldxp x9, x10, [%1]\n\tstxp %w0, %2, x9, [%1]");
    CASE("ldxp w, stxp w", "ldxp w9, w10, [%1]\n\tstxp %w0, %w2, w9, [%1]");
    CASE("ldxr of the first, ldxr of the third, stxr there", "ldxr x9, [%1]\n\tadd x11, %1, #16\n\tldxr x9, [x11]\n\tstxr %w0, %2, [x11]");
    CASE("plain load and arithmetic between", "ldxr x9, [%1]\n\tldr x10, [%1, #8]\n\tadd x9, x9, x10\n\tstxr %w0, x9, [%1]");
    CASE("failed stxr leaves memory", "stxr w9, %2, [%1]\n\tmov %w0, w9");
    CASE("retry loop, 1000 increments",
         "mov x11, #1000\n1: ldxr x9, [%1]\n\tadd x9, x9, #1\n\tstxr %w0, x9, [%1]\n\tcbnz %w0, 1b\n\tsubs x11, x11, #1\n\tb.ne 1b");

    /* Compare and swap as compilers emitted it before LSE. */
    uint64_t expected = 5, desired = 6;
    words[0] = 5;
    const int first = __atomic_compare_exchange_n(&words[0], &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    expected = 5;
    const int second = __atomic_compare_exchange_n(&words[0], &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    print("compare and swap: %d %d, found %lu\n", first, second, expected);
    return 0;
}
