import { any, enters, leaves, named } from "./matching.js";
import type { RowReference, TimingProfile } from "./timing-profile.js";

const hennessyPatterson =
  "Hennessy and Patterson, Computer Architecture, 6th ed., section 2.6: the Cortex-A53's memory hierarchy";
const l4re = "l4re.org/performance: system call on an S32G2's Cortex-A53, kernel at EL1, 230 cycles";
const neve = "Lim et al., NEVE, SOSP 2017, section 5: EL1 to EL2 68 to 76 cycles and 65 back, on an X-Gene";
const xpc = "Du et al., XPC, ISCA 2019: TTBR write and barriers 58 cycles, on a HiKey 960";

const crossing = (row: string): RowReference => ({ experiment: "crossings", row });

/** Cortex-A53 at the Raspberry Pi 3's 1.2 GHz. */
export const cortexA53: TimingProfile = {
  name: "cortex-a53",
  title: "Cortex-A53 at 1.2 GHz (Raspberry Pi 3)",
  megahertz: 1200,
  costs: [
    {
      what: "an instruction",
      applies: any("instruction"),
      cycles: 1,
      evidence: "assumed",
      source: "in order, dual issue; one a cycle for code at exception entries, which is mostly loads and stores",
    },
    { what: "an exception to EL1", applies: enters(1), cycles: 70, evidence: "other core", source: neve },
    { what: "an exception to EL2", applies: enters(2), cycles: 72, evidence: "other core", source: neve },
    {
      what: "an exception to EL3",
      applies: enters(3),
      cycles: 72,
      evidence: "other core",
      source: `${neve}; taken for EL3 too`,
    },
    { what: "a return from EL1", applies: leaves(1), cycles: 65, evidence: "other core", source: neve },
    { what: "a return from EL2", applies: leaves(2), cycles: 65, evidence: "other core", source: neve },
    {
      what: "a return from EL3",
      applies: leaves(3),
      cycles: 65,
      evidence: "other core",
      source: `${neve}; taken for EL3 too`,
    },
    {
      what: "a miss of the main TLB, without the reads",
      applies: any("tlbMiss"),
      cycles: 7,
      evidence: "published",
      source: `${hennessyPatterson}: 20 cycles a miss, of which one read from L2 is 13`,
    },
    {
      what: "a descriptor read by a walk",
      applies: any("walkRead"),
      cycles: 13,
      evidence: "published",
      source: `${hennessyPatterson}: 13 cycles from L2`,
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
      cycles: 30,
      evidence: "assumed",
      source: "as a TTBR write with its barrier; the Raspberry Pi 3 has no GIC at all",
    },
    {
      what: "a write of a GIC CPU interface register",
      applies: named("registerWrite", /^IC[CHV]_/),
      cycles: 30,
      evidence: "assumed",
      source: "as a read of one",
    },
    {
      what: "a read of a system register",
      applies: any("registerRead"),
      cycles: 4,
      evidence: "assumed",
      source:
        "Dall et al., ISCA 2016, table 3: EL1 state saved in 230 cycles, for some 25 registers and their stores, on an X-Gene: 8 less the store and read's own instructions",
    },
    {
      what: "a write of a system register",
      applies: any("registerWrite"),
      cycles: 8,
      evidence: "assumed",
      source:
        "Dall et al., ISCA 2016, table 3: EL1 state restored in 511 cycles, for some 25 registers and their loads, twice the save",
    },
    {
      what: "a DSB",
      applies: named("barrier", /^DSB$/),
      cycles: 20,
      evidence: "assumed",
      source: "a store to L2 and back (13 cycles), and the pipeline",
    },
    {
      what: "another barrier",
      applies: any("barrier"),
      cycles: 8,
      evidence: "assumed",
      source: "the pipeline's length (8 stages)",
    },
    {
      what: "a TLB maintenance instruction",
      applies: named("systemInstruction", /^TLBI/),
      cycles: 20,
      evidence: "assumed",
      source: "nobody was found who says; taken as a DSB",
    },
    {
      what: "another system instruction",
      applies: any("systemInstruction"),
      cycles: 13,
      evidence: "assumed",
      source: `a line of L2: ${hennessyPatterson}`,
    },
    {
      what: "an access to a device",
      applies: any("mmioRead", "mmioWrite"),
      cycles: 60,
      evidence: "assumed",
      source:
        "github.com/OP-TEE/optee_os issue 6235: 23 to 37 cycles for readl and writel on an AGX Xavier, at this core's slower bus",
    },
    { what: "a wait", applies: any("wait"), cycles: 0, evidence: "assumed", source: "time asleep isn't counted" },
  ],
  validation: [
    {
      what: "a system call into a small kernel",
      cycles: 230,
      source: l4re,
      row: crossing("SVC, registers saved"),
    },
    {
      what: "a message to another process and its answer, another small kernel (L4Re)",
      cycles: 2 * 691,
      source: "l4re.org/performance: IPC to another address space, S32G2's Cortex-A53, 691 cycles, there and back",
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
