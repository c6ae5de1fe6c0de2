import { any, enters, leaves, named } from "./matching.js";
import type { RowReference, TimingProfile } from "./timing-profile.js";

const neve = "Lim et al., NEVE, SOSP 2017, section 5: EL1 to EL2 68 to 76 cycles and 65 back, on an X-Gene";
const a76Tlb = "Cortex-A76 TRM (100798), A5.2: L2 TLB, whose access usually takes 3 cycles";
const wikichip = "WikiChip, Cortex-A76: L2 load to use 9 cycles at best";
const xpc = "Du et al., XPC, ISCA 2019: TTBR write and barriers 58 cycles, on a HiKey 960";
const dall = "Dall et al., ISCA 2016, table 3, on an X-Gene";

const crossing = (row: string): RowReference => ({ experiment: "crossings", row });

/** Neoverse N1 at 3 GHz, as Ampere's Altra has it. */
export const neoverseN1: TimingProfile = {
  name: "neoverse-n1",
  title: "Neoverse N1 at 3 GHz (Ampere Altra)",
  megahertz: 3000,
  costs: [
    {
      what: "an instruction",
      applies: any("instruction"),
      cycles: 0.5,
      evidence: "assumed",
      source: "four wide, out of order; two a cycle for code at exception entries",
    },
    {
      what: "an exception to EL1",
      applies: enters(1),
      cycles: 60,
      evidence: "assumed",
      source: `${neve}; somewhat less at EL1, whose state is smaller`,
    },
    { what: "an exception to EL2", applies: enters(2), cycles: 72, evidence: "other core", source: neve },
    {
      what: "an exception to EL3",
      applies: enters(3),
      cycles: 72,
      evidence: "other core",
      source: `${neve}; taken for EL3 too`,
    },
    {
      what: "a return from EL1",
      applies: leaves(1),
      cycles: 50,
      evidence: "assumed",
      source: `${neve}; as much less as the entry`,
    },
    { what: "a return from EL2", applies: leaves(2), cycles: 65, evidence: "other core", source: neve },
    {
      what: "a return from EL3",
      applies: leaves(3),
      cycles: 65,
      evidence: "other core",
      source: `${neve}; taken for EL3 too`,
    },
    {
      what: "a miss of the L2 TLB, without the reads",
      applies: any("tlbMiss"),
      cycles: 3,
      evidence: "other core",
      source: a76Tlb,
    },
    {
      what: "a descriptor read by a walk",
      applies: any("walkRead"),
      cycles: 9,
      evidence: "other core",
      source: wikichip,
    },
    {
      what: "a write of TTBR, VTTBR or TCR",
      applies: named("registerWrite", /^(V?TTBR|V?TCR|HCR|SCTLR)/),
      cycles: 29,
      evidence: "other core",
      source: `${xpc}; half of it`,
    },
    {
      what: "an ISB",
      applies: named("barrier", /^ISB$/),
      cycles: 29,
      evidence: "other core",
      source: `${xpc}; half of it`,
    },
    {
      what: "a read of a GIC CPU interface register",
      applies: named("registerRead", /^IC[CHV]_/),
      cycles: 35,
      evidence: "other core",
      source: `${dall}: 71 cycles for a guest's end of interrupt, two accesses`,
    },
    {
      what: "a write of a GIC CPU interface register",
      applies: named("registerWrite", /^IC[CHV]_/),
      cycles: 35,
      evidence: "other core",
      source: `${dall}: 71 cycles for a guest's end of interrupt, two accesses`,
    },
    {
      what: "a read of a system register",
      applies: any("registerRead"),
      cycles: 4,
      evidence: "assumed",
      source: `${dall}: EL1 state saved in 230 cycles, some 25 registers and their stores`,
    },
    {
      what: "a write of a system register",
      applies: any("registerWrite"),
      cycles: 8,
      evidence: "assumed",
      source: `${dall}: EL1 state restored in 511 cycles, some 25 registers and their loads`,
    },
    {
      what: "a DSB",
      applies: named("barrier", /^DSB$/),
      cycles: 20,
      evidence: "assumed",
      source: "a store to L2 and back, and the pipeline",
    },
    {
      what: "another barrier",
      applies: any("barrier"),
      cycles: 11,
      evidence: "assumed",
      source: "the pipeline's length (11 stages)",
    },
    {
      what: "a TLB maintenance instruction",
      applies: named("systemInstruction", /^TLBI/),
      cycles: 20,
      evidence: "assumed",
      source: "nobody was found who says; taken as a DSB; what other cores answer isn't in it",
    },
    {
      what: "another system instruction",
      applies: any("systemInstruction"),
      cycles: 9,
      evidence: "assumed",
      source: `a line of L2: ${wikichip}`,
    },
    {
      what: "an access to a device",
      applies: any("mmioRead", "mmioWrite"),
      cycles: 100,
      evidence: "assumed",
      source: "a trip over the mesh, which is clocked at 1.8 GHz (chipsandcheese.com, Deep Diving Neoverse N1)",
    },
    { what: "a wait", applies: any("wait"), cycles: 0, evidence: "assumed", source: "time asleep isn't counted" },
  ],
  validation: [
    {
      what: "a system call into a small kernel",
      cycles: 142,
      source: "l4re.org/performance: system call on an Ampere Altra's Neoverse N1, kernel at EL1",
      row: crossing("SVC, registers saved"),
    },
    {
      what: "a message to another process and its answer, another small kernel (L4Re)",
      cycles: 2 * 399,
      source:
        "l4re.org/performance: IPC to another address space, Ampere Altra's Neoverse N1, 399 cycles, there and back",
      row: { experiment: "call", row: "kernel message, 0 bytes" },
    },
    {
      what: "floating-point registers saved and others restored",
      cycles: 282 + 310,
      source: "Dall et al., ISCA 2016, table 3, on an X-Gene (unconfirmed)",
      row: crossing("switch of context with FP"),
      less: crossing("switch of context"),
    },
  ],
};
