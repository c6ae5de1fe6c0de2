import { register, type SystemRegisterEntry } from "./system-register.js";

const spsrFields =
  "N:31 Z:30 C:29 V:28 TCO:25@MTE DIT:24@DIT UAO:23@UAO PAN:22@PAN SS:21 IL:20 SSBS:12@SSBS BTYPE:11-10@BTI D:9 A:8 I:7 " +
  "F:6 M:4-0";
const esrFields = "EC:31-26 IL:25 ISS:24-0";

/** Registers of exception handling, and those that stand for PSTATE (DDI 0487 C5.2, D17.2). */
export const exceptionRegisters: readonly SystemRegisterEntry[] = [
  register("SPSR_EL1", "3 0 4 0 0", "R1 W1", { fields: spsrFields, e2h: "SPSR_EL2" }),
  register("ELR_EL1", "3 0 4 0 1", "R1 W1", { e2h: "ELR_EL2" }),
  register("SP_EL0", "3 0 4 1 0", "R1 W1", { hook: "spEl0" }),
  register("SPSel", "3 0 4 2 0", "R1 W1", { fields: "SP:0", hook: "spSel" }),
  register("CurrentEL", "3 0 4 2 2", "R1", { fields: "EL:3-2", hook: "currentEl" }),
  register("PAN", "3 0 4 2 3", "R1 W1", { fields: "PAN:22", feature: "PAN", hook: "pan" }),
  register("UAO", "3 0 4 2 4", "R1 W1", { fields: "UAO:23", feature: "UAO", hook: "uao" }),
  register("NZCV", "3 3 4 2 0", "R0 W0", { fields: "N:31 Z:30 C:29 V:28", hook: "nzcv" }),
  register("DAIF", "3 3 4 2 1", "R0 W0", { fields: "D:9 A:8 I:7 F:6", hook: "daif", traps: ["UMA"] }),
  register("DIT", "3 3 4 2 5", "R0 W0", { fields: "DIT:24", feature: "DIT", hook: "dit" }),
  register("SSBS", "3 3 4 2 6", "R0 W0", { fields: "SSBS:12", feature: "SSBS", hook: "ssbs" }),
  register("TCO", "3 3 4 2 7", "R0 W0", { fields: "TCO:25", feature: "MTE", hook: "tco" }),
  register("FPCR", "3 3 4 4 0", "R0 W0", {
    hook: "fpcr",
    fields:
      "AHP:26 DN:25 FZ:24 RMode:23-22 Stride:21-20! FZ16:19@FP16 Len:18-16! IDE:15! IXE:12! UFE:11! OFE:10! DZE:9! IOE:8!",
  }),
  register("FPSR", "3 3 4 4 1", "R0 W0", {
    hook: "fpsr",
    fields: "N:31! Z:30! C:29! V:28! QC:27 IDC:7 IXC:4 UFC:3 OFC:2 DZC:1 IOC:0",
  }),
  register("DSPSR_EL0", "3 3 4 5 0", "R4 W4", { fields: spsrFields }),
  register("DLR_EL0", "3 3 4 5 1", "R4 W4"),
  register("AFSR0_EL1", "3 0 5 1 0", "R1 W1", { fields: "", traps: ["TVM", "TRVM"], e2h: "AFSR0_EL2" }),
  register("AFSR1_EL1", "3 0 5 1 1", "R1 W1", { fields: "", traps: ["TVM", "TRVM"], e2h: "AFSR1_EL2" }),
  register("ESR_EL1", "3 0 5 2 0", "R1 W1", { fields: esrFields, traps: ["TVM", "TRVM"], e2h: "ESR_EL2" }),
  register("FAR_EL1", "3 0 6 0 0", "R1 W1", { traps: ["TVM", "TRVM"], e2h: "FAR_EL2" }),
  register("VBAR_EL1", "3 0 12 0 0", "R1 W1", { fields: "BASE:63-11", e2h: "VBAR_EL2" }),
  register("RVBAR_EL1", "3 0 12 0 1", "R1", { feature: "!EL2!EL3", hook: "rvbar" }),
  register("ISR_EL1", "3 0 12 1 0", "R1", { fields: "A:8 I:7 F:6", hook: "isr" }),
  register("DISR_EL1", "3 0 12 1 1", "R1 W1", { feature: "RAS", fields: "A:31 IDS:24 ISS:23-0", hook: "disr" }),
  register("ERRIDR_EL1", "3 0 5 3 0", "R1", { feature: "RAS", fields: "", traps: ["TERR", "SCR_TERR"] }),
  // No error records: ERRSELR_EL1 is RAZ/WI and the ERX registers are as the record it doesn't select (DDI 0487 D17.6).
  ...[
    "ERRSELR_EL1 3 0 5 3 1",
    "ERXFR_EL1 3 0 5 4 0",
    "ERXCTLR_EL1 3 0 5 4 1",
    "ERXSTATUS_EL1 3 0 5 4 2",
    "ERXADDR_EL1 3 0 5 4 3",
    "ERXMISC0_EL1 3 0 5 5 0",
    "ERXMISC1_EL1 3 0 5 5 1",
  ].map((line) => {
    const [name, ...code] = line.split(" ") as [string, ...string[]];
    const access = name === "ERXFR_EL1" ? "R1" : "R1 W1";
    return register(name, code.join(" "), access, { feature: "RAS", fields: "", traps: ["TERR", "SCR_TERR"] });
  }),
  register("SPSR_EL2", "3 4 4 0 0", "R2 W2", { fields: spsrFields }),
  register("ELR_EL2", "3 4 4 0 1", "R2 W2"),
  register("SP_EL1", "3 4 4 1 0", "R2 W2"),
  // The banked SPSRs of AArch32 modes exist even where EL1 has no AArch32 (DDI 0487 D17.2.135).
  register("SPSR_irq", "3 4 4 3 0", "R2 W2", { fields: "VALUE:31-0" }),
  register("SPSR_abt", "3 4 4 3 1", "R2 W2", { fields: "VALUE:31-0" }),
  register("SPSR_und", "3 4 4 3 2", "R2 W2", { fields: "VALUE:31-0" }),
  register("SPSR_fiq", "3 4 4 3 3", "R2 W2", { fields: "VALUE:31-0" }),
  register("DACR32_EL2", "3 4 3 0 0", "R2 W2", { feature: "AArch32" }),
  register("IFSR32_EL2", "3 4 5 0 1", "R2 W2", { feature: "AArch32" }),
  register("FPEXC32_EL2", "3 4 5 3 0", "R2 W2", { feature: "AArch32" }),
  register("AFSR0_EL2", "3 4 5 1 0", "R2 W2", { fields: "" }),
  register("AFSR1_EL2", "3 4 5 1 1", "R2 W2", { fields: "" }),
  register("ESR_EL2", "3 4 5 2 0", "R2 W2", { fields: esrFields }),
  register("VSESR_EL2", "3 4 5 2 3", "R2 W2", { feature: "RAS", fields: "IDS:24 ISS:23-0" }),
  register("FAR_EL2", "3 4 6 0 0", "R2 W2"),
  register("HPFAR_EL2", "3 4 6 0 4", "R2 W2", { fields: "NS:63 FIPA:43-4" }),
  register("VBAR_EL2", "3 4 12 0 0", "R2 W2", { fields: "BASE:63-11" }),
  register("RVBAR_EL2", "3 4 12 0 1", "R2", { feature: "!EL3", hook: "rvbar" }),
  register("VDISR_EL2", "3 4 12 1 1", "R2 W2", { feature: "RAS", fields: "A:31 IDS:24 ISS:23-0" }),
  register("SPSR_EL3", "3 6 4 0 0", "R3 W3", { fields: spsrFields }),
  register("ELR_EL3", "3 6 4 0 1", "R3 W3"),
  register("SP_EL2", "3 6 4 1 0", "R3 W3"),
  register("AFSR0_EL3", "3 6 5 1 0", "R3 W3", { fields: "" }),
  register("AFSR1_EL3", "3 6 5 1 1", "R3 W3", { fields: "" }),
  register("ESR_EL3", "3 6 5 2 0", "R3 W3", { fields: esrFields }),
  register("FAR_EL3", "3 6 6 0 0", "R3 W3"),
  register("VBAR_EL3", "3 6 12 0 0", "R3 W3", { fields: "BASE:63-11" }),
  register("RVBAR_EL3", "3 6 12 0 1", "R3", { hook: "rvbar" }),
  register("RMR_EL3", "3 6 12 0 2", "R3 W3", { feature: "AArch32" }),
  // SP_EL3 has no encoding; debuggers reach it by name.
  register("SPSR_EL12", "3 5 4 0 0", "R2 W2", { alias: "SPSR_EL1" }),
  register("ELR_EL12", "3 5 4 0 1", "R2 W2", { alias: "ELR_EL1" }),
  register("AFSR0_EL12", "3 5 5 1 0", "R2 W2", { alias: "AFSR0_EL1" }),
  register("AFSR1_EL12", "3 5 5 1 1", "R2 W2", { alias: "AFSR1_EL1" }),
  register("ESR_EL12", "3 5 5 2 0", "R2 W2", { alias: "ESR_EL1" }),
  register("FAR_EL12", "3 5 6 0 0", "R2 W2", { alias: "FAR_EL1" }),
  register("VBAR_EL12", "3 5 12 0 0", "R2 W2", { alias: "VBAR_EL1" }),
];
