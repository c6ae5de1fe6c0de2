/**
 * A bit that makes accesses to some registers or system instructions trap (Arm ARM D1.13, "Configurable instruction
 * controls").
 */
export interface TrapControl {
  /** Register.Field that decides. */
  readonly control: string;
  /** The value of that bit which traps. */
  readonly when: 0 | 1;
  /** Exception levels it acts on, one bit each: 1 for EL0, 2 for EL1, 4 for EL2. */
  readonly from: number;
  readonly access: "R" | "W" | "RW";
  /** The level that takes the trap; 1 becomes EL2 under HCR_EL2.TGE. */
  readonly to: 1 | 2 | 3;
  /** The control that replaces this one for EL0 while HCR_EL2.{E2H, TGE} are {1, 1}. */
  readonly host?: string;
  /** The control that replaces this one while HCR_EL2.E2H is 1. */
  readonly e2h?: string;
  /** True when an access from EL0 isn't trapped under HCR_EL2.{E2H, TGE} = {1, 1}. */
  readonly notHost?: boolean;
  /** A second control that must have the trapping value too. */
  readonly and?: string;
  /** The Security state that the rule is for, when it isn't for both. */
  readonly state?: "Secure" | "Non-secure";
  /** Other bits, any of which makes the control act as if it had the trapping value. */
  readonly or?: readonly string[];
  /** Bits of HCR_EL2 any of which takes EL1 out of the rule: its access is to the virtual interface then. */
  readonly unless?: readonly string[];
}

const el0 = 1;
const el1 = 2;
const el2 = 4;
const below2 = el0 | el1;
const below3 = el0 | el1 | el2;

function el0Control(control: string, access: TrapControl["access"] = "RW", host?: string): TrapControl {
  const rule = { control, when: 0, from: el0, access, to: 1 } as const;
  return host === undefined ? rule : { ...rule, host };
}

function hcr(field: string, access: TrapControl["access"] = "RW", from = el1): TrapControl {
  return { control: `HCR_EL2.${field}`, when: 1, from, access, to: 2, notHost: true };
}

function el2Control(control: string, access: TrapControl["access"] = "RW", from = below2): TrapControl {
  return { control, when: 1, from, access, to: 2 };
}

function el3Control(control: string, when: 0 | 1 = 1, from = below3): TrapControl {
  return { control, when, from, access: "RW", to: 3 };
}

/** MDCR_EL2's traps of debug registers act as 1 while debug exceptions or all of EL0 are routed to EL2 (D17.3.18, TDE). */
function debugControl(field: string, from: number): TrapControl {
  return { ...el2Control(`MDCR_EL2.${field}`, "RW", from), or: ["MDCR_EL2.TDE", "HCR_EL2.TGE"] };
}

/** Every trap control that the tables name. Of those that a register lists, lower target levels are tried first. */
export const trapControls = {
  UCT: el0Control("SCTLR_EL1.UCT", "RW", "SCTLR_EL2.UCT"),
  UMA: el0Control("SCTLR_EL1.UMA", "RW", "SCTLR_EL2.UMA"),
  DZE: el0Control("SCTLR_EL1.DZE", "RW", "SCTLR_EL2.DZE"),
  UCI: el0Control("SCTLR_EL1.UCI", "RW", "SCTLR_EL2.UCI"),
  EnRCTX: el0Control("SCTLR_EL1.EnRCTX", "RW", "SCTLR_EL2.EnRCTX"),
  EL0PCTEN: el0Control("CNTKCTL_EL1.EL0PCTEN", "RW", "CNTHCTL_EL2.EL0PCTEN"),
  EL0VCTEN: el0Control("CNTKCTL_EL1.EL0VCTEN", "RW", "CNTHCTL_EL2.EL0VCTEN"),
  EL0anyCTEN: {
    control: "CNTKCTL_EL1.EL0PCTEN",
    when: 0,
    from: el0,
    access: "RW",
    to: 1,
    host: "CNTHCTL_EL2.EL0PCTEN",
    and: "CNTKCTL_EL1.EL0VCTEN CNTHCTL_EL2.EL0VCTEN",
  },
  EL0PTEN: el0Control("CNTKCTL_EL1.EL0PTEN", "RW", "CNTHCTL_EL2.EL0PTEN"),
  EL0VTEN: el0Control("CNTKCTL_EL1.EL0VTEN", "RW", "CNTHCTL_EL2.EL0VTEN"),
  PMUSER_EN: el0Control("PMUSERENR_EL0.EN"),
  PMUSER_CR_read: { ...el0Control("PMUSERENR_EL0.EN", "R"), and: "PMUSERENR_EL0.CR" },
  PMUSER_ER_read: { ...el0Control("PMUSERENR_EL0.EN", "R"), and: "PMUSERENR_EL0.ER" },
  PMUSER_EN_write: el0Control("PMUSERENR_EL0.EN", "W"),
  PMUSER_ER: { ...el0Control("PMUSERENR_EL0.EN"), and: "PMUSERENR_EL0.ER" },
  PMUSER_SW: { ...el0Control("PMUSERENR_EL0.EN", "RW"), and: "PMUSERENR_EL0.SW" },
  TSCXT: { ...el0Control("SCTLR_EL1.TSCXT", "RW", "SCTLR_EL2.TSCXT"), when: 1 },
  EnSCXT: { control: "HCR_EL2.EnSCXT", when: 0, from: below2, access: "RW", to: 2, notHost: true },
  SCR_EnSCXT: el3Control("SCR_EL3.EnSCXT", 0),
  TDCC: { control: "MDSCR_EL1.TDCC", when: 1, from: el0, access: "RW", to: 1 },
  TVM: hcr("TVM", "W"),
  TRVM: hcr("TRVM", "R"),
  TID1: hcr("TID1", "R"),
  TID2: hcr("TID2", "RW", below2),
  TID3: hcr("TID3", "R"),
  TACR: hcr("TACR"),
  TIDCP: hcr("TIDCP"),
  TSW: hcr("TSW"),
  TPCP: hcr("TPCP", "RW", below2),
  TPU: hcr("TPU", "RW", below2),
  TTLB: hcr("TTLB"),
  TDZ: hcr("TDZ", "RW", below2),
  TLOR: hcr("TLOR"),
  TERR: hcr("TERR"),
  AT: hcr("AT"),
  APK: { control: "HCR_EL2.APK", when: 0, from: el1, access: "RW", to: 2 },
  CPTR_EL2_TCPAC: el2Control("CPTR_EL2.TCPAC", "RW", el1),
  MDCR_EL2_TPM: el2Control("MDCR_EL2.TPM"),
  MDCR_EL2_TPMCR: el2Control("MDCR_EL2.TPMCR"),
  MDCR_EL2_TDA: debugControl("TDA", below2),
  MDCR_EL2_TDOSA: debugControl("TDOSA", el1),
  MDCR_EL2_TDRA: debugControl("TDRA", el1),
  EL1PCTEN: {
    control: "CNTHCTL_EL2.EL0PCTEN",
    when: 0,
    from: below2,
    access: "RW",
    to: 2,
    e2h: "CNTHCTL_EL2.EL1PCTEN",
    notHost: true,
  },
  EL1PCEN: {
    control: "CNTHCTL_EL2.EL0VCTEN",
    when: 0,
    from: below2,
    access: "RW",
    to: 2,
    e2h: "CNTHCTL_EL2.EL1PTEN",
    notHost: true,
  },
  FMO: hcr("FMO", "W"),
  IMO: hcr("IMO", "W"),
  ICH_TC: el2Control("ICH_HCR_EL2.TC", "RW", el1),
  ICH_TALL0: el2Control("ICH_HCR_EL2.TALL0", "RW", el1),
  ICH_TALL1: el2Control("ICH_HCR_EL2.TALL1", "RW", el1),
  ICH_TDIR: el2Control("ICH_HCR_EL2.TDIR", "W", el1),
  ICC_SRE_EL2_Enable: { control: "ICC_SRE_EL2.Enable", when: 0, from: el1, access: "RW", to: 2 },
  ICC_SRE_EL3_Enable: el3Control("ICC_SRE_EL3.Enable", 0),
  SCR_IRQ: { ...el3Control("SCR_EL3.IRQ", 1, el1 | el2), unless: ["HCR_EL2.IMO"] },
  SCR_FIQ: { ...el3Control("SCR_EL3.FIQ", 1, el1 | el2), unless: ["HCR_EL2.FMO"] },
  SCR_IRQ_FIQ: {
    ...el3Control("SCR_EL3.IRQ", 1, el1 | el2),
    and: "SCR_EL3.FIQ",
    unless: ["HCR_EL2.IMO", "HCR_EL2.FMO"],
  },
  CPTR_EL3_TCPAC: el3Control("CPTR_EL3.TCPAC"),
  MDCR_EL3_TDA: el3Control("MDCR_EL3.TDA"),
  MDCR_EL3_TDOSA: el3Control("MDCR_EL3.TDOSA"),
  MDCR_EL3_TPM: el3Control("MDCR_EL3.TPM"),
  SCR_TLOR: el3Control("SCR_EL3.TLOR"),
  /** In Secure state all of these registers but LORID_EL1 are UNDEFINED. */
  SCR_TLOR_NonSecure: { ...el3Control("SCR_EL3.TLOR"), state: "Non-secure" },
  SCR_TERR: el3Control("SCR_EL3.TERR"),
  SCR_HXEn: { ...el3Control("SCR_EL3.HXEn", 0), from: el2 },
  SCR_APK: el3Control("SCR_EL3.APK", 0),
  SCR_ST: { control: "SCR_EL3.ST", when: 0, from: el1, access: "RW", to: 3, state: "Secure" },
} as const satisfies Record<string, TrapControl>;

export type TrapControlName = keyof typeof trapControls;
