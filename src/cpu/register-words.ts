import { slotSpEl3, systemRegister, systemRegisterBit } from "../isa/system-registers/index.js";

/** Index of a register's low 32-bit word, counted from the first system register slot. */
export const wordOf = (name: string): number => systemRegister(name).slot * 2;

const bit = (path: string): number => systemRegisterBit(path).mask;

/** Words of the registers that the PE's own behaviour depends on. */
export const Word = {
  SCTLR_EL1: wordOf("SCTLR_EL1"),
  SCTLR_EL2: wordOf("SCTLR_EL2"),
  SCTLR_EL3: wordOf("SCTLR_EL3"),
  TCR_EL1: wordOf("TCR_EL1"),
  TCR_EL2: wordOf("TCR_EL2"),
  TCR_EL3: wordOf("TCR_EL3"),
  TTBR0_EL1: wordOf("TTBR0_EL1"),
  TTBR1_EL1: wordOf("TTBR1_EL1"),
  TTBR0_EL2: wordOf("TTBR0_EL2"),
  TTBR1_EL2: wordOf("TTBR1_EL2"),
  TTBR0_EL3: wordOf("TTBR0_EL3"),
  MAIR_EL1: wordOf("MAIR_EL1"),
  MAIR_EL2: wordOf("MAIR_EL2"),
  MAIR_EL3: wordOf("MAIR_EL3"),
  VTTBR_EL2: wordOf("VTTBR_EL2"),
  VTCR_EL2: wordOf("VTCR_EL2"),
  HCR_EL2: wordOf("HCR_EL2"),
  SCR_EL3: wordOf("SCR_EL3"),
  CPACR_EL1: wordOf("CPACR_EL1"),
  CPTR_EL2: wordOf("CPTR_EL2"),
  CPTR_EL3: wordOf("CPTR_EL3"),
  MDCR_EL2: wordOf("MDCR_EL2"),
  MDCR_EL3: wordOf("MDCR_EL3"),
  MDSCR_EL1: wordOf("MDSCR_EL1"),
  OSLSR_EL1: wordOf("OSLSR_EL1"),
  OSDLR_EL1: wordOf("OSDLR_EL1"),
  PAR_EL1: wordOf("PAR_EL1"),
  HPFAR_EL2: wordOf("HPFAR_EL2"),
  CNTVOFF_EL2: wordOf("CNTVOFF_EL2"),
  CNTKCTL_EL1: wordOf("CNTKCTL_EL1"),
  CNTHCTL_EL2: wordOf("CNTHCTL_EL2"),
  CSSELR_EL1: wordOf("CSSELR_EL1"),
  VPIDR_EL2: wordOf("VPIDR_EL2"),
  VMPIDR_EL2: wordOf("VMPIDR_EL2"),
  MIDR_EL1: wordOf("MIDR_EL1"),
  MPIDR_EL1: wordOf("MPIDR_EL1"),
  DISR_EL1: wordOf("DISR_EL1"),
  VDISR_EL2: wordOf("VDISR_EL2"),
  VSESR_EL2: wordOf("VSESR_EL2"),
  ELR: [0, wordOf("ELR_EL1"), wordOf("ELR_EL2"), wordOf("ELR_EL3")],
  SPSR: [0, wordOf("SPSR_EL1"), wordOf("SPSR_EL2"), wordOf("SPSR_EL3")],
  ESR: [0, wordOf("ESR_EL1"), wordOf("ESR_EL2"), wordOf("ESR_EL3")],
  FAR: [0, wordOf("FAR_EL1"), wordOf("FAR_EL2"), wordOf("FAR_EL3")],
  VBAR: [0, wordOf("VBAR_EL1"), wordOf("VBAR_EL2"), wordOf("VBAR_EL3")],
  SCTLR: [wordOf("SCTLR_EL1"), wordOf("SCTLR_EL1"), wordOf("SCTLR_EL2"), wordOf("SCTLR_EL3")],
  SP: [wordOf("SP_EL0"), wordOf("SP_EL1"), wordOf("SP_EL2"), slotSpEl3 * 2],
} as const;

/** SCTLR_ELx bits, the same at every level that has them; those of bits 63:32 are masks of the high word. */
export const Sctlr = {
  M: bit("SCTLR_EL1.M"),
  A: bit("SCTLR_EL1.A"),
  SA: bit("SCTLR_EL1.SA"),
  SA0: bit("SCTLR_EL1.SA0"),
  nAA: bit("SCTLR_EL1.nAA"),
  UMA: bit("SCTLR_EL1.UMA"),
  DZE: bit("SCTLR_EL1.DZE"),
  nTWI: bit("SCTLR_EL1.nTWI"),
  nTWE: bit("SCTLR_EL1.nTWE"),
  WXN: bit("SCTLR_EL1.WXN"),
  SPAN: bit("SCTLR_EL1.SPAN"),
  UCI: bit("SCTLR_EL1.UCI"),
  highDSSBS: bit("SCTLR_EL1.DSSBS"),
} as const;

/** HCR_EL2 bits; those of bits 63:32 are masks of the high word. */
export const Hcr = {
  VM: bit("HCR_EL2.VM"),
  PTW: bit("HCR_EL2.PTW"),
  FMO: bit("HCR_EL2.FMO"),
  IMO: bit("HCR_EL2.IMO"),
  AMO: bit("HCR_EL2.AMO"),
  VF: bit("HCR_EL2.VF"),
  VI: bit("HCR_EL2.VI"),
  VSE: bit("HCR_EL2.VSE"),
  FB: bit("HCR_EL2.FB"),
  DC: bit("HCR_EL2.DC"),
  TWI: bit("HCR_EL2.TWI"),
  TWE: bit("HCR_EL2.TWE"),
  TSC: bit("HCR_EL2.TSC"),
  TIDCP: bit("HCR_EL2.TIDCP"),
  TGE: bit("HCR_EL2.TGE"),
  TDZ: bit("HCR_EL2.TDZ"),
  HCD: bit("HCR_EL2.HCD"),
  highE2H: bit("HCR_EL2.E2H"),
  highTEA: bit("HCR_EL2.TEA"),
  highAPI: bit("HCR_EL2.API"),
  highNV: bit("HCR_EL2.NV"),
  highFWB: bit("HCR_EL2.FWB"),
} as const;

/** SCR_EL3 bits. */
export const Scr = {
  NS: bit("SCR_EL3.NS"),
  IRQ: bit("SCR_EL3.IRQ"),
  FIQ: bit("SCR_EL3.FIQ"),
  EA: bit("SCR_EL3.EA"),
  SMD: bit("SCR_EL3.SMD"),
  HCE: bit("SCR_EL3.HCE"),
  SIF: bit("SCR_EL3.SIF"),
  TWI: bit("SCR_EL3.TWI"),
  TWE: bit("SCR_EL3.TWE"),
  APK: bit("SCR_EL3.APK"),
  API: bit("SCR_EL3.API"),
} as const;
