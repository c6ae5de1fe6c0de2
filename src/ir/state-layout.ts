/**
 * Where a PE keeps its state in the engine's linear memory: byte offsets from the PE's base address. Generated
 * WebAssembly and TypeScript both go by this table; nothing else may assume an offset.
 */
export const PeState = {
  /** X0..X30 as i64. */
  x: 0x000,
  /** Slot 31: the current stack pointer (the SP_ELx that PSTATE selects lives here, not in its system register slot). */
  sp: 31 * 8,
  /** Slot 32: always zero, what an operand that reads XZR points at. */
  zero: 32 * 8,
  /** Slot 33: what an operand that writes XZR points at; never read. */
  sink: 33 * 8,
  /** i64. */
  pc: 0x110,
  /** PSTATE.N as the sign bit of an i32. */
  flagN: 0x118,
  /** PSTATE.Z as an i32 that is zero when Z is set. */
  flagZ: 0x11c,
  /** PSTATE.C as an i32, 0 or 1. */
  flagC: 0x120,
  /** PSTATE.V as the sign bit of an i32. */
  flagV: 0x124,
  /** i32: instructions that may still retire before the run loop wants control back. */
  budget: 0x128,
  /** i32: address of the current translation context's TLB. */
  tlb: 0x12c,
  /** i32: address of the TLB that unprivileged accesses (LDTR, STTR) go through. */
  tlbUnprivileged: 0x130,
  /** i32: address of the current translation context's jump cache. */
  jumpCache: 0x134,
  /** i32: PSTATE.EL, 0..3. */
  el: 0x138,
  /** i32: PSTATE.SP, 0 or 1. */
  spSel: 0x13c,
  /** i32: PSTATE.DAIF in bits 3..0 (D is bit 3). */
  daif: 0x140,
  /** i32 words, 0 or 1 each (BTYPE 0..3). */
  pan: 0x144,
  uao: 0x148,
  dit: 0x14c,
  tco: 0x150,
  ssbs: 0x154,
  btype: 0x158,
  il: 0x15c,
  ss: 0x160,
  /** i32: 1 when FP arithmetic may use the host's (see FP rules in ARCHITECTURE.md). */
  fpFast: 0x164,
  /** i32: FPSR and FPCR as software sees them. */
  fpsr: 0x168,
  fpcr: 0x16c,
  /** i32: 0 while FP/SIMD instructions run freely; else they trap (CPACR, CPTR). */
  fpTrap: 0x170,
  /** i32: nesting of calls between regions. */
  depth: 0x174,
  /** Exclusive monitor: i64 virtual address (-1 when open), i32 size, and the two doublewords that were read. */
  exclusiveAddress: 0x178,
  exclusiveSize: 0x180,
  exclusiveLow: 0x188,
  exclusiveHigh: 0x190,
  /** i32: the WFE event register. */
  event: 0x198,
  /** i32: why generated code came back to the run loop. */
  exit: 0x19c,
  /** i64 arguments and results of environment calls (system instructions, slow memory accesses). */
  argument: 0x1a0,
  /** i32: system registers that code of the current level accesses without asking the machine: bits of {@link DirectRegisters}. */
  directRegisters: 0x1a8,
  /** i32: bits of an SPSR that the PE has. */
  spsrWritable: 0x1ac,
  /** i32: the current {@link LevelRecord}: PSTATE.EL | PAN << 2 | UAO << 3. */
  level: 0x1b0,
  /** i32: the TLB contexts that `tlb` and `tlbUnprivileged` are of. */
  context: 0x1b4,
  contextUnprivileged: 0x1b8,
  /** i32: changes whenever level records stop to hold. */
  levelsEpoch: 0x1bc,
  /** i32: 1 while exceptions and returns may be made by generated code alone (interpreter/crossings.ts). */
  crossings: 0x1c0,
  /** i32: what the budget was when the current level began to execute. */
  levelBudget: 0x1c4,
  /**
   * i32: where the i32 of a record is that leads to the regions which start there, less a fourth of the record's address; and the
   * address of their links, 0 if there is no such index (interpreter/arrival.ts).
   */
  regionHeads: 0x1c8,
  regionLinks: 0x1cc,
  /** i32: number of this PE. */
  index: 0x1e0,
  /** i32: all ones while every data access must be aligned (SCTLR_ELx.A, or stage 1 off), else 0. */
  alignmentCheck: 0x1e4,
  /** i32: 15 while SP must be a multiple of 16 when it is a base address (SCTLR_ELx.SA, SA0), else 0. */
  spAlignmentMask: 0x1e8,
  /** i32: interrupts that are pending, whether masked or not: bits of {@link Interrupt}. */
  interruptsPending: 0x1ec,
  /** i32: 1 when generated code that pc was redirected in may go on there without the run loop. */
  goesOn: 0x1f0,
  /** i32: 1 once code in a guarded page was executed (FEAT_BTI): indirect branches then ask the machine. */
  guardedPages: 0x1f8,
  /** V0..V31, 16 bytes each. */
  v: 0x200,
  /** 64 bytes where a slow memory access assembles what a device or two pages gave. */
  scratch: 0x400,
  /** i32 words that generated code counts in, up to `countsEnd`; the machine collects and clears them. */
  counts: 0x440,
  /** Instructions of EL0 to EL3, before the current level began to execute. */
  retiredByEl: 0x440,
  /** Instructions that the interpreter retired. */
  interpreted: 0x450,
  /** Exceptions that generated code took: by SVC, HVC, SMC; IRQs and FIQs, virtual ones among them. */
  svcs: 0x454,
  hvcs: 0x458,
  smcs: 0x45c,
  irqs: 0x460,
  fiqs: 0x464,
  countsEnd: 0x468,
  /** System registers, 8 bytes each, by the slot number that the register table gives. */
  system: 0x800,
  /** A {@link LevelRecord} for each value of `level`. */
  levels: 0x2000,
  /** Bytes of one PE's state. */
  size: 0x2800,
} as const;

/** Number of system register slots that fit. */
export const systemRegisterSlots = (PeState.levels - PeState.system) / 8;

/** What follows from an Exception level, PAN, UAO and the control registers: i32 words, by their byte offsets. */
export const LevelRecord = {
  /** PeState.levelsEpoch when it was worked out: the record holds while they are equal. */
  epoch: 0x00,
  /** Words that go to the PE's state when the level is entered, see {@link levelWords}. */
  context: 0x04,
  contextUnprivileged: 0x08,
  tlb: 0x0c,
  tlbUnprivileged: 0x10,
  jumpCache: 0x14,
  alignmentCheck: 0x18,
  spAlignmentMask: 0x1c,
  fpTrap: 0x20,
  /** The level that SVC, HVC and SMC go to; 0 where the machine must be asked. */
  svc: 0x24,
  hvc: 0x28,
  smc: 0x40,
  /** How they come there: bits of {@link LevelEntry}. */
  svcEntry: 0x2c,
  hvcEntry: 0x30,
  smcEntry: 0x44,
  /** The levels, as bits, that ERET may return to without the machine being asked. */
  returns: 0x34,
  /** 1 where addresses whose top byte is all ones are those of the upper range. */
  upperRange: 0x38,
  /** As PeState has it. */
  directRegisters: 0x3c,
  /** Interrupts that are taken while pending, bits of {@link Interrupt}: whatever PSTATE.DAIF says, and unless it masks them. */
  interrupts: 0x48,
  maskableInterrupts: 0x4c,
  /** The level that each is taken to, two bits for each of {@link Interrupt}. */
  interruptTargets: 0x50,
  /** How they come there: two bits of {@link LevelEntry} for each level. */
  interruptEntries: 0x54,
  size: 0x80,
} as const;

/** Interrupts that may be pending, bits of PeState.interruptsPending. */
export const Interrupt = { irq: 1, fiq: 2, serror: 4, virq: 8, vfiq: 16, vserror: 32 } as const;

/** What an exception does besides going to its level. */
export const LevelEntry = {
  /** PSTATE.PAN is set; it is never cleared. */
  pan: 1,
  /** PSTATE.SSBS is set. */
  ssbs: 2,
  /** The instruction wasn't executed but trapped: it is its own return address. */
  trapped: 4,
} as const;

/** The words that LevelRecord and PeState share by name. */
export const levelWords = [
  "context",
  "contextUnprivileged",
  "tlb",
  "tlbUnprivileged",
  "jumpCache",
  "alignmentCheck",
  "spAlignmentMask",
  "fpTrap",
  "directRegisters",
] as const;

/** Kinds of system registers that are nothing but their slots where nothing traps or redirects accesses. */
export const DirectRegisters = {
  /** EL1's for exceptions: ELR_EL1, SPSR_EL1. */
  el1: 1,
  /** EL1's that HCR_EL2.TRVM and TVM may trap: ESR_EL1, FAR_EL1. */
  el1Read: 2,
  el1Write: 4,
  /** EL2's, EL3's. */
  el2: 8,
  el3: 16,
  /** CTR_EL0, and DCZID_EL0 where DC ZVA isn't trapped. */
  cacheType: 32,
  zeroSize: 64,
} as const;

/** X register slots of operands: 0..30, then these. */
export const slotSp = 31;
export const slotZero = 32;
export const slotSink = 33;
