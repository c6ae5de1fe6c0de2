import { register, type SystemRegisterEntry } from "./system-register.js";

/** One of the ID registers that HCR_EL2.TID3 traps; its value comes from the core's table. */
function id(name: string, code: string, fields = ""): SystemRegisterEntry {
  return register(name, code, "R1", { reset: "core", traps: ["TID3"], ...(fields === "" ? {} : { fields }) });
}

/** AArch32 feature registers: RAZ on a PE without AArch32 (DDI 0487 D13.2, "AArch32 is not implemented"). */
const aarch32 = [
  "ID_PFR0_EL1 1 0",
  "ID_PFR1_EL1 1 1",
  "ID_DFR0_EL1 1 2",
  "ID_AFR0_EL1 1 3",
  "ID_MMFR0_EL1 1 4",
  "ID_MMFR1_EL1 1 5",
  "ID_MMFR2_EL1 1 6",
  "ID_MMFR3_EL1 1 7",
  "ID_ISAR0_EL1 2 0",
  "ID_ISAR1_EL1 2 1",
  "ID_ISAR2_EL1 2 2",
  "ID_ISAR3_EL1 2 3",
  "ID_ISAR4_EL1 2 4",
  "ID_ISAR5_EL1 2 5",
  "ID_MMFR4_EL1 2 6",
  "ID_ISAR6_EL1 2 7",
  "MVFR0_EL1 3 0",
  "MVFR1_EL1 3 1",
  "MVFR2_EL1 3 2",
  "ID_PFR2_EL1 3 4",
  "ID_DFR1_EL1 3 5",
  "ID_MMFR5_EL1 3 6",
];

/** Encodings in the ID space that are reserved, RAZ (DDI 0487 D17.3.1, "Accesses to reserved encodings"). */
const reserved = [3, 4, 5, 6, 7].flatMap((crm) => {
  const used: Record<number, readonly number[]> = {
    3: [0, 1, 2, 4, 5, 6],
    4: [0, 1, 2, 4, 5],
    5: [0, 1, 4, 5],
    6: [0, 1, 2],
    7: [0, 1, 2, 3, 4],
  };
  return [0, 1, 2, 3, 4, 5, 6, 7]
    .filter((op2) => !used[crm]!.includes(op2))
    .map((op2) => register(`S3_0_C0_C${crm}_${op2}`, `3 0 0 ${crm} ${op2}`, "R1", { fields: "", traps: ["TID3"] }));
});

/** Identification registers (DDI 0487 D17.2). */
export const identificationRegisters: readonly SystemRegisterEntry[] = [
  register("MIDR_EL1", "3 0 0 0 0", "R1", {
    reset: "core",
    hook: "midr",
    fields: "Implementer:31-24 Variant:23-20 Architecture:19-16 PartNum:15-4 Revision:3-0",
  }),
  register("MPIDR_EL1", "3 0 0 0 5", "R1", {
    hook: "mpidr",
    fields: "Aff3:39-32 U:30 MT:24 Aff2:23-16 Aff1:15-8 Aff0:7-0",
  }),
  register("REVIDR_EL1", "3 0 0 0 6", "R1", { reset: "core", traps: ["TID1"] }),
  ...aarch32.map((line) => {
    const [name, crm, op2] = line.split(" ") as [string, string, string];
    return id(name, `3 0 0 ${crm} ${op2}`);
  }),
  id(
    "ID_AA64PFR0_EL1",
    "3 0 0 4 0",
    "CSV3:63-60 CSV2:59-56 RME:55-52 DIT:51-48 AMU:47-44 MPAM:43-40 SEL2:39-36 SVE:35-32 RAS:31-28 GIC:27-24 " +
      "AdvSIMD:23-20 FP:19-16 EL3:15-12 EL2:11-8 EL1:7-4 EL0:3-0",
  ),
  id(
    "ID_AA64PFR1_EL1",
    "3 0 0 4 1",
    "NMI:39-36 CSV2_frac:35-32 RNDR_trap:31-28 SME:27-24 MPAM_frac:19-16 RAS_frac:15-12 MTE:11-8 SSBS:7-4 BT:3-0",
  ),
  id("ID_AA64PFR2_EL1", "3 0 0 4 2"),
  id("ID_AA64ZFR0_EL1", "3 0 0 4 4"),
  id("ID_AA64SMFR0_EL1", "3 0 0 4 5"),
  id(
    "ID_AA64DFR0_EL1",
    "3 0 0 5 0",
    "HPMN0:63-60 BRBE:55-52 MTPMU:51-48 TraceBuffer:47-44 TraceFilt:43-40 DoubleLock:39-36 PMSVer:35-32 " +
      "CTX_CMPs:31-28 WRPs:23-20 BRPs:15-12 PMUVer:11-8 TraceVer:7-4 DebugVer:3-0",
  ),
  id("ID_AA64DFR1_EL1", "3 0 0 5 1"),
  id("ID_AA64AFR0_EL1", "3 0 0 5 4"),
  id("ID_AA64AFR1_EL1", "3 0 0 5 5"),
  id(
    "ID_AA64ISAR0_EL1",
    "3 0 0 6 0",
    "RNDR:63-60 TLB:59-56 TS:55-52 FHM:51-48 DP:47-44 SM4:43-40 SM3:39-36 SHA3:35-32 RDM:31-28 TME:27-24 " +
      "Atomic:23-20 CRC32:19-16 SHA2:15-12 SHA1:11-8 AES:7-4",
  ),
  id(
    "ID_AA64ISAR1_EL1",
    "3 0 0 6 1",
    "LS64:63-60 XS:59-56 I8MM:55-52 DGH:51-48 BF16:47-44 SPECRES:43-40 SB:39-36 FRINTTS:35-32 GPI:31-28 GPA:27-24 " +
      "LRCPC:23-20 FCMA:19-16 JSCVT:15-12 API:11-8 APA:7-4 DPB:3-0",
  ),
  id("ID_AA64ISAR2_EL1", "3 0 0 6 2", "BC:23-20 MOPS:19-16 APA3:15-12 GPA3:11-8 RPRES:7-4 WFxT:3-0"),
  id(
    "ID_AA64MMFR0_EL1",
    "3 0 0 7 0",
    "ECV:63-60 FGT:59-56 ExS:47-44 TGran4_2:43-40 TGran64_2:39-36 TGran16_2:35-32 TGran4:31-28 TGran64:27-24 " +
      "TGran16:23-20 BigEndEL0:19-16 SNSMem:15-12 BigEnd:11-8 ASIDBits:7-4 PARange:3-0",
  ),
  id(
    "ID_AA64MMFR1_EL1",
    "3 0 0 7 1",
    "nTLBPA:51-48 AFP:47-44 HCX:43-40 ETS:39-36 TWED:35-32 XNX:31-28 SpecSEI:27-24 PAN:23-20 LO:19-16 HPDS:15-12 " +
      "VH:11-8 VMIDBits:7-4 HAFDBS:3-0",
  ),
  id(
    "ID_AA64MMFR2_EL1",
    "3 0 0 7 2",
    "E0PD:63-60 EVT:59-56 BBM:55-52 TTL:51-48 FWB:43-40 IDS:39-36 AT:35-32 ST:31-28 NV:27-24 CCIDX:23-20 " +
      "VARange:19-16 IESB:15-12 LSM:11-8 UAO:7-4 CnP:3-0",
  ),
  id("ID_AA64MMFR3_EL1", "3 0 0 7 3"),
  id("ID_AA64MMFR4_EL1", "3 0 0 7 4"),
  ...reserved,
  register("CCSIDR_EL1", "3 1 0 0 0", "R1", {
    hook: "ccsidr",
    traps: ["TID2"],
    fields: "NumSets:27-13 Associativity:12-3 LineSize:2-0",
  }),
  register("CLIDR_EL1", "3 1 0 0 1", "R1", {
    reset: "core",
    traps: ["TID2"],
    fields: "ICB:32-30 LoUU:29-27 LoC:26-24 LoUIS:23-21 Ctype3:8-6 Ctype2:5-3 Ctype1:2-0",
  }),
  register("AIDR_EL1", "3 1 0 0 7", "R1", { traps: ["TID1"] }),
  register("CSSELR_EL1", "3 2 0 0 0", "R1 W1", { traps: ["TID2"], fields: "Level:3-1 InD:0" }),
  register("CTR_EL0", "3 3 0 0 1", "R0", {
    reset: "core",
    traps: ["UCT", "TID2"],
    fields: "RES1:31 DIC:29 IDC:28 CWG:27-24 ERG:23-20 DminLine:19-16 L1Ip:15-14 IminLine:3-0",
  }),
  register("DCZID_EL0", "3 3 0 0 7", "R0", { reset: "core", hook: "dczid", fields: "DZP:4 BS:3-0" }),
  register("VPIDR_EL2", "3 4 0 0 0", "R2 W2", { fields: "VALUE:31-0" }),
  register("VMPIDR_EL2", "3 4 0 0 5", "R2 W2", {
    fields: "Aff3:39-32 U:30 MT:24 Aff2:23-16 Aff1:15-8 Aff0:7-0",
    res1: 1n << 31n,
  }),
];
