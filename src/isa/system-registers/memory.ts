import { register, type SystemRegisterDetails, type SystemRegisterEntry } from "./system-register.js";

const ttbrFields = "ASID:63-48 BADDR:47-1 CnP:0@TTCNP";
const tcrFields =
  "E0PD1:56@E0PD E0PD0:55@E0PD TBID1:52@PAuth TBID0:51@PAuth HPD1:42@HPDS HPD0:41@HPDS HD:40@DirtyState HA:39@HAFDBS " +
  "TBI1:38 TBI0:37 AS:36@ASID16 IPS:34-32 TG1:31-30 SH1:29-28 ORGN1:27-26 IRGN1:25-24 EPD1:23 A1:22 T1SZ:21-16 " +
  "TG0:15-14 SH0:13-12 ORGN0:11-10 IRGN0:9-8 EPD0:7 T0SZ:5-0";
const tcrOneRangeFields =
  "TBID:29@PAuth HPD:24@HPDS HD:22@DirtyState HA:21@HAFDBS TBI:20 PS:18-16 TG0:15-14 SH0:13-12 ORGN0:11-10 " +
  "IRGN0:9-8 T0SZ:5-0";
const tcrOneRangeRes1 = 0x80800000n;
const mairFields = [7, 6, 5, 4, 3, 2, 1, 0].map((n) => `Attr${n}:${n * 8 + 7}-${n * 8}`).join(" ");

/** A register of the EL1&0 regime that HCR_EL2.TVM and TRVM trap. */
function virtualMemory(name: string, code: string, details: SystemRegisterDetails): SystemRegisterEntry {
  return register(name, code, "R1 W1", { ...details, traps: ["TVM", "TRVM"] });
}

const lor = { feature: "LOR", fields: "", hook: "lor", traps: ["TLOR", "SCR_TLOR_NonSecure"] } as const;

/** Registers of address translation (DDI 0487 D17.2). */
export const memoryRegisters: readonly SystemRegisterEntry[] = [
  virtualMemory("TTBR0_EL1", "3 0 2 0 0", { fields: ttbrFields, effects: ["context"], e2h: "TTBR0_EL2" }),
  virtualMemory("TTBR1_EL1", "3 0 2 0 1", { fields: ttbrFields, effects: ["context"], e2h: "TTBR1_EL2" }),
  virtualMemory("TCR_EL1", "3 0 2 0 2", { fields: tcrFields, effects: ["context", "regime1"], e2h: "TCR_EL2" }),
  virtualMemory("MAIR_EL1", "3 0 10 2 0", { fields: mairFields, effects: ["regime1"], e2h: "MAIR_EL2" }),
  virtualMemory("AMAIR_EL1", "3 0 10 3 0", { fields: "", e2h: "AMAIR_EL2" }),
  virtualMemory("CONTEXTIDR_EL1", "3 0 13 0 1", { fields: "PROCID:31-0", e2h: "CONTEXTIDR_EL2" }),
  register("PAR_EL1", "3 0 7 4 0", "R1 W1", { fields: "VALUE:63-0" }),
  register("TTBR0_EL2", "3 4 2 0 0", "R2 W2", {
    fields: "ASID:63-48@VHE BADDR:47-1 CnP:0@TTCNP",
    effects: ["context"],
  }),
  register("TTBR1_EL2", "3 4 2 0 1", "R2 W2", { fields: ttbrFields, feature: "VHE", effects: ["context"] }),
  register("TCR_EL2", "3 4 2 0 2", "R2 W2", {
    // The layout for E2H = 0; with E2H = 1 it is TCR_EL1's, and the hook accepts those bits.
    hook: "tcrEl2",
    fields: tcrOneRangeFields,
    effects: ["context", "regime2"],
  }),
  register("VTTBR_EL2", "3 4 2 1 0", "R2 W2", { fields: "VMID:63-48 BADDR:47-1 CnP:0@TTCNP", effects: ["context"] }),
  register("VTCR_EL2", "3 4 2 1 2", "R2 W2", {
    res1: 1n << 31n,
    fields:
      "HD:22@DirtyState HA:21@HAFDBS VS:19@VMID16 PS:18-16 TG0:15-14 SH0:13-12 ORGN0:11-10 IRGN0:9-8 SL0:7-6 T0SZ:5-0",
    effects: ["stage2"],
  }),
  register("MAIR_EL2", "3 4 10 2 0", "R2 W2", { fields: mairFields, effects: ["regime2"] }),
  register("AMAIR_EL2", "3 4 10 3 0", "R2 W2", { fields: "" }),
  register("CONTEXTIDR_EL2", "3 4 13 0 1", "R2 W2", { feature: "VHE", fields: "PROCID:31-0" }),
  register("TTBR0_EL3", "3 6 2 0 0", "R3 W3", { fields: "BADDR:47-1 CnP:0@TTCNP", effects: ["context"] }),
  register("TCR_EL3", "3 6 2 0 2", "R3 W3", {
    res1: tcrOneRangeRes1,
    fields: tcrOneRangeFields,
    effects: ["context", "regime3"],
  }),
  register("MAIR_EL3", "3 6 10 2 0", "R3 W3", { fields: mairFields, effects: ["regime3"] }),
  register("AMAIR_EL3", "3 6 10 3 0", "R3 W3", { fields: "" }),
  // No LORegions: LORID_EL1 reads as zero and the others are RAZ/WI (DDI 0487 D17.2.99).
  register("LORSA_EL1", "3 0 10 4 0", "R1 W1", lor),
  register("LOREA_EL1", "3 0 10 4 1", "R1 W1", lor),
  register("LORN_EL1", "3 0 10 4 2", "R1 W1", lor),
  register("LORC_EL1", "3 0 10 4 3", "R1 W1", lor),
  register("LORID_EL1", "3 0 10 4 7", "R1", { feature: "LOR", fields: "", traps: ["TLOR", "SCR_TLOR"] }),
  register("TTBR0_EL12", "3 5 2 0 0", "R2 W2", { alias: "TTBR0_EL1" }),
  register("TTBR1_EL12", "3 5 2 0 1", "R2 W2", { alias: "TTBR1_EL1" }),
  register("TCR_EL12", "3 5 2 0 2", "R2 W2", { alias: "TCR_EL1" }),
  register("MAIR_EL12", "3 5 10 2 0", "R2 W2", { alias: "MAIR_EL1" }),
  register("AMAIR_EL12", "3 5 10 3 0", "R2 W2", { alias: "AMAIR_EL1" }),
  register("CONTEXTIDR_EL12", "3 5 13 0 1", "R2 W2", { alias: "CONTEXTIDR_EL1" }),
];
