import { register, type SystemRegisterDetails, type SystemRegisterEntry } from "./system-register.js";
import type { TrapControlName } from "./trap-controls.js";

const enable: readonly TrapControlName[] = ["ICC_SRE_EL2_Enable", "ICC_SRE_EL3_Enable"];

/** A register of the CPU interface; the GIC gives and takes its value. */
function icc(
  name: string,
  code: string,
  access: string,
  trap: TrapControlName | undefined,
  fields: string,
  more: readonly TrapControlName[] = [],
) {
  const toEl3 = trap === "ICH_TALL0" ? "SCR_FIQ" : trap === "ICH_TALL1" ? "SCR_IRQ" : "SCR_IRQ_FIQ";
  const traps: readonly TrapControlName[] = trap === undefined ? [] : [trap, ...more, toEl3];
  return register(name, code, access, { fields, traps, hook: "icc", feature: "GICv3", effects: ["gic"] });
}

function ich(name: string, code: string, access: string, details: SystemRegisterDetails): SystemRegisterEntry {
  return register(name, code, access, { feature: "GICv3", effects: ["gic"], hook: "ich", ...details });
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sgi = "Aff3:55-48 RS:47-44 IRM:40 Aff2:39-32 INTID:27-24 Aff1:23-16 TargetList:15-0";
/** SGIs have no virtual form: those of a guest are the hypervisor's to send. */
const sgiTraps: readonly TrapControlName[] = ["FMO", "IMO"];
const sre = "Enable:3! DIB:2! DFB:1! SRE:0!";

/** The GIC CPU interface and its virtualization (IHI 0069, 12.2 and 12.4). AP0R1-3 and AP1R1-3 need 6 priority bits. */
export const interruptControllerRegisters: readonly SystemRegisterEntry[] = [
  icc("ICC_PMR_EL1", "3 0 4 6 0", "R1 W1", "ICH_TC", "Priority:7-0"),
  icc("ICC_IAR0_EL1", "3 0 12 8 0", "R1", "ICH_TALL0", "INTID:23-0"),
  icc("ICC_EOIR0_EL1", "3 0 12 8 1", "W1", "ICH_TALL0", "INTID:23-0"),
  icc("ICC_HPPIR0_EL1", "3 0 12 8 2", "R1", "ICH_TALL0", "INTID:23-0"),
  icc("ICC_BPR0_EL1", "3 0 12 8 3", "R1 W1", "ICH_TALL0", "BinaryPoint:2-0"),
  icc("ICC_AP0R0_EL1", "3 0 12 8 4", "R1 W1", "ICH_TALL0", "VALUE:31-0"),
  icc("ICC_AP1R0_EL1", "3 0 12 9 0", "R1 W1", "ICH_TALL1", "VALUE:31-0"),
  icc("ICC_DIR_EL1", "3 0 12 11 1", "W1", "ICH_TC", "INTID:23-0", ["ICH_TDIR"]),
  icc("ICC_RPR_EL1", "3 0 12 11 3", "R1", "ICH_TC", "Priority:7-0"),
  icc("ICC_SGI1R_EL1", "3 0 12 11 5", "W1", "ICH_TC", sgi, sgiTraps),
  icc("ICC_ASGI1R_EL1", "3 0 12 11 6", "W1", "ICH_TC", sgi, sgiTraps),
  icc("ICC_SGI0R_EL1", "3 0 12 11 7", "W1", "ICH_TC", sgi, sgiTraps),
  icc("ICC_IAR1_EL1", "3 0 12 12 0", "R1", "ICH_TALL1", "INTID:23-0"),
  icc("ICC_EOIR1_EL1", "3 0 12 12 1", "W1", "ICH_TALL1", "INTID:23-0"),
  icc("ICC_HPPIR1_EL1", "3 0 12 12 2", "R1", "ICH_TALL1", "INTID:23-0"),
  icc("ICC_BPR1_EL1", "3 0 12 12 3", "R1 W1", "ICH_TALL1", "BinaryPoint:2-0"),
  icc(
    "ICC_CTLR_EL1",
    "3 0 12 12 4",
    "R1 W1",
    "ICH_TC",
    "ExtRange:19 RSS:18 A3V:15 SEIS:14 IDbits:13-11 PRIbits:10-8 PMHE:6 EOImode:1 CBPR:0",
  ),
  icc("ICC_IGRPEN0_EL1", "3 0 12 12 6", "R1 W1", "ICH_TALL0", "Enable:0"),
  icc("ICC_IGRPEN1_EL1", "3 0 12 12 7", "R1 W1", "ICH_TALL1", "Enable:0"),
  icc(
    "ICC_CTLR_EL3",
    "3 6 12 12 4",
    "R3 W3",
    undefined,
    "A3V:15 IDbits:13-11 PRIbits:10-8 PMHE:6 EOImode_EL1NS:4 EOImode_EL1S:3 EOImode_EL3:2 CBPR_EL1NS:1 CBPR_EL1S:0",
  ),
  icc("ICC_IGRPEN1_EL3", "3 6 12 12 7", "R3 W3", undefined, "EnableGrp1S:1 EnableGrp1NS:0"),
  // The system register interface can't be turned off: SRE, DFB, DIB are RAO/WI, and Enable with them (IHI 0069 12.2.24).
  register("ICC_SRE_EL1", "3 0 12 12 5", "R1 W1", {
    feature: "GICv3",
    res1: 7n,
    fields: "DIB:2! DFB:1! SRE:0!",
    reset: 7n,
    traps: enable,
  }),
  register("ICC_SRE_EL2", "3 4 12 9 5", "R2 W2", {
    feature: "GICv3",
    res1: 15n,
    fields: sre,
    reset: 15n,
    traps: ["ICC_SRE_EL3_Enable"],
  }),
  register("ICC_SRE_EL3", "3 6 12 12 5", "R3 W3", { feature: "GICv3", res1: 15n, fields: sre, reset: 15n }),
  ich("ICH_AP0R0_EL2", "3 4 12 8 0", "R2 W2", { fields: "VALUE:31-0" }),
  ich("ICH_AP1R0_EL2", "3 4 12 9 0", "R2 W2", { fields: "VALUE:31-0" }),
  ich("ICH_HCR_EL2", "3 4 12 11 0", "R2 W2", {
    hook: "ichHcr",
    fields:
      "EOIcount:31-27 TDIR:14 TSEI:13 TALL1:12 TALL0:11 TC:10 VGrp1DIE:7 VGrp1EIE:6 VGrp0DIE:5 VGrp0EIE:4 NPIE:3 LRENPIE:2 UIE:1 En:0",
  }),
  ich("ICH_VTR_EL2", "3 4 12 11 1", "R2", {
    // 5 priority and preemption bits, 24 ID bits, A3V, no direct injection, TDIR, 4 list registers.
    reset: 0x90b8_0003n,
    fields: "PRIbits:31-29 PREbits:28-26 IDbits:25-23 SEIS:22 A3V:21 nV4:20 TDS:19 ListRegs:4-0",
  }),
  ich("ICH_MISR_EL2", "3 4 12 11 2", "R2", { fields: "VALUE:7-0" }),
  ich("ICH_EISR_EL2", "3 4 12 11 3", "R2", { fields: "VALUE:15-0" }),
  ich("ICH_ELRSR_EL2", "3 4 12 11 5", "R2", { fields: "VALUE:15-0" }),
  ich("ICH_VMCR_EL2", "3 4 12 11 7", "R2 W2", {
    // VBPR0 and VBPR1 at their least, VFIQEn RAO with the system register interface.
    reset: 0x4c_0008n,
    fields: "VPMR:31-24 VBPR0:23-21 VBPR1:20-18 VEOIM:9 VCBPR:4 VFIQEn:3! VENG1:1 VENG0:0",
  }),
  ...numbers(4).map((n) =>
    ich(`ICH_LR${n}_EL2`, `3 4 12 12 ${n}`, "R2 W2", {
      hook: "ichLr",
      fields: "State:63-62 HW:61 Group:60 Priority:55-51 pINTID:44-32 vINTID:31-0",
    }),
  ),
];
