/*
 * Markers for the machine's counters (src/lab/counters/markers.ts): HINT instructions without a meaning in the Arm ARM, which are
 * NOPs everywhere else. A crossing is what happens between LAB_BEGIN and LAB_END with the same number in x0, on one PE or from one to
 * another; the markers themselves don't count. May be used at every exception level.
 */
#ifndef LAB_H
#define LAB_H

#define LAB_BEGIN hint #0x50 /* x0: the crossing's number */
#define LAB_END hint #0x51   /* x0: the crossing's number */
#define LAB_ARM hint #0x52   /* x0: the crossing's number; x1: the INTID whose wire, when it is asserted next, begins it */
#define LAB_SEEN hint #0x54  /* x0: an INTID: ends the crossing that its wire began and LAB_UNTIL_SEEN was given for, if there is one */
#define LAB_NOTE hint #0x53  /* x0: a number; x1: its value. What the experiment's report is checked by */

/* Added to x1 of LAB_ARM: the crossing ends with LAB_SEEN, whose code doesn't know numbers of crossings: a kernel. */
#define LAB_UNTIL_SEEN 0x100000000

/* Added to a crossing's number: the stretch of time that a timeline shows. Notes with this number are its events (src/lab/timeline.ts). */
#define LAB_TIMELINE 1000

#ifndef __ASSEMBLER__
#include <stdint.h>

static inline void lab_begin(uint64_t crossing)
{
    register uint64_t x0 asm("x0") = crossing;
    asm volatile("hint #0x50" : : "r"(x0) : "memory");
}

static inline void lab_end(uint64_t crossing)
{
    register uint64_t x0 asm("x0") = crossing;
    asm volatile("hint #0x51" : : "r"(x0) : "memory");
}

static inline void lab_arm(uint64_t crossing, uint64_t intid)
{
    register uint64_t x0 asm("x0") = crossing;
    register uint64_t x1 asm("x1") = intid;
    asm volatile("hint #0x52" : : "r"(x0), "r"(x1) : "memory");
}

static inline void lab_seen(uint64_t intid)
{
    register uint64_t x0 asm("x0") = intid;
    asm volatile("hint #0x54" : : "r"(x0) : "memory");
}

static inline void lab_note(uint64_t key, uint64_t value)
{
    register uint64_t x0 asm("x0") = key;
    register uint64_t x1 asm("x1") = value;
    asm volatile("hint #0x53" : : "r"(x0), "r"(x1) : "memory");
}
#endif
#endif
