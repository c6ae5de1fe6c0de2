import { cores } from "../../src/cpu/cores/cores.js";
import { featureHolds } from "../../src/cpu/system-register-access.js";
import { systemRegisterByName } from "../../src/isa/system-registers/index.js";
import { type Body, describeOutcome, type Group, type Outcome, type Sweep } from "./trap-sweep.js";

/** Registers whose values say which machine this is, count, or come from other units. */
const valuesDiffer =
  /^(CNT\w+|PM\w+|ICC_\w+|ICH_\w+|ISR_EL1|RVBAR_\w+|S3_0_C0\w+|ID_\w+|MVFR\w+|MPIDR_EL1|CCSIDR_EL1|L2CTLR_EL1|RMR_\w+|PAR_EL1|FAR_EL[123]|(SPSR|ELR|ESR)_EL2|TCR_EL[12])$/;

/** Bits of a register's value that are compared: those of its fields. */
function comparedBits(body: Body, features: ReadonlySet<string>): bigint {
  if (!body.isRead) return /^mrs x0, \w*(isr|hcr)_/.test(body.name) ? 0xffff_ffff_ffff_ffffn : 0n;
  const named = systemRegisterByName.get(body.name.slice(4))!;
  const entry = named.alias === undefined ? named : systemRegisterByName.get(named.alias)!;
  if (entry.reset === "core" || valuesDiffer.test(entry.name) || entry.crn === 15) return 0n;
  let mask = 0n;
  for (const field of entry.fields)
    if (featureHolds(field.feature, features) && !field.readOnly)
      mask |= ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
  return mask;
}

/** Where QEMU 7.2 departs from the manual. */
interface TrapDeparture {
  readonly body: RegExp;
  readonly group?: RegExp;
  readonly ours?: (outcome: Outcome) => boolean;
  readonly theirs?: (outcome: Outcome) => boolean;
  readonly both?: (ours: Outcome, theirs: Outcome) => boolean;
  readonly why: string;
}

const IL = 1 << 20;
const IL_SS = 3 << 20;
const PAN = 1 << 22;
const isUndefined = ({ ran, esr }: Outcome): boolean => !ran && esr === 0x200_0000;
const ran = (outcome: Outcome): boolean => outcome.ran;

/** Section titles are those of the Arm ARM (DDI 0487), whose numbering changes from issue to issue. */
export const trapDepartures: readonly TrapDeparture[] = [
  {
    body: /^m(rs|sr) (OSDTR[RT]X|OSECCR|DBGPRCR|DBGCLAIM(SET|CLR)|DBGAUTHSTATUS|DBGDTR(RX)?)_EL[01]$/,
    theirs: isUndefined,
    why: "External debug registers: DBGCLAIMSET_EL1 and its neighbours are part of every implementation; QEMU has none of them",
  },
  {
    body: /^m(rs|sr) (DACR32|IFSR32|FPEXC32)_EL2$/,
    ours: isUndefined,
    why: "DACR32_EL2: UNDEFINED when EL1 doesn't support AArch32; QEMU's cores do",
  },
  {
    body: /^(dc zva|sys #3, c7, c4, #1, x0)$/,
    ours: ({ esr }) => (esr & 0xf000_003f) >>> 0 === 0x9000_0021,
    theirs: ran,
    why: "DC ZVA: to any type of Device memory it generates an Alignment fault",
  },
  {
    body: /^hvc #1$/,
    group: /^(EL3|Secure EL1)/,
    theirs: ({ el }) => el === 2,
    why: "HVC: from EL3 it is taken to EL3, from EL1 it is UNDEFINED while EL2 isn't enabled",
  },
  {
    body: /^m(rs|sr) (ERRSELR|ERX\w+)_EL1$/,
    theirs: isUndefined,
    why: "ERRSELR_EL1 and the ERX registers: with no error records QEMU leaves them out, as it may; here they are RAZ/WI",
  },
  {
    body: /^m(rs|sr) \w+_EL[01]2$/,
    group: /^EL[23](?!.*E2H)/,
    ours: isUndefined,
    why: "Registers named _EL12 and _EL02 are UNDEFINED while HCR_EL2.E2H is 0",
  },
  {
    body: /^m(rs|sr) PM(SWINC|SELR|CCNTR|XEVCNTR|EVCNTR\d)_EL0$/,
    group: /^(Secure )?EL0.*, MDCR_EL[23]\[6\]=1/,
    theirs: ran,
    why: "MDCR_EL2.TPM and MDCR_EL3.TPM: trap all accesses from EL0 that PMUSERENR_EL0 lets through; QEMU forgets those of its ER, CR and SW",
  },
  {
    body: /^m(rs|sr) PMCR_EL0$/,
    group: /^EL[01].*, MDCR_EL2\[5\]=1/,
    ours: ({ el }) => el === 2,
    theirs: (outcome) => outcome.ran || outcome.el === 3,
    why: "MDCR_EL2.TPMCR: traps accesses from EL0 and EL1; QEMU doesn't have it",
  },
  {
    body: /^mrs CNTPCT_EL0$/,
    group: /^EL0(, TGE)?(?!, E2H).*, CNTHCTL_EL2\[[01]\]=0/,
    why: "CNTHCTL_EL2.EL1PCTEN: traps EL0's accesses, while E2H is 0; QEMU looks at EL1PCEN",
  },
  {
    body: /^msr daif(set|clr)/,
    ours: ({ esr }) => esr >>> 26 === 0x18,
    theirs: ({ esr }) => esr >>> 26 === 0x18,
    why: "ISS encoding for a trapped MSR: Op2 is bits 19:17 and Op1 16:14; QEMU has the two exchanged",
  },
  {
    body: /^m(rs|sr) MDCR_EL2$/,
    group: /, MDCR_EL3\[9\]=1/,
    theirs: ran,
    why: "MDCR_EL3.TDA: MDCR_EL2 is one of the registers that it traps",
  },
  {
    body: /^sys #\d, c1[15],/,
    group: /, HCR_EL2\[20\]=1/,
    theirs: isUndefined,
    why: "HCR_EL2.TIDCP: traps System instructions at CRn 11 and 15",
  },
  {
    body: /nothing there$/,
    group: /(SCR_EL3\[3\]|HCR_EL2\[37\])/,
    ours: ({ el }) => el >= 2,
    why: "SCR_EL3.EA and HCR_EL2.TEA: route synchronous External aborts; QEMU takes them as Data and Instruction Aborts of stage 1",
  },
  {
    body: /^(ldr|str) .*nothing there$/,
    group: /^EL2/,
    ours: ({ esr }) => (esr & 0x100_0000) === 0,
    theirs: ({ esr }) => (esr & 0x100_0000) !== 0,
    why: "ISS encoding for a Data Abort, ISV: 0 for all but stage 2 aborts; QEMU sets it for whatever EL2 takes",
  },
  {
    body: /^(ld|dc)/,
    ours: ({ esr }) => esr >>> 27 === 0x34 >> 1,
    theirs: ({ esr }) => esr >>> 27 === 0x34 >> 1 && (esr & 0x40) !== 0,
    why: "ISS encoding for a Watchpoint exception, WnR: says what this access was; QEMU doesn't forget an earlier write",
  },
  {
    body: /^/,
    ours: ({ pstate }) => (pstate & 0x100_0000) !== 0,
    theirs: ({ pstate }) => (pstate & 0x100_0000) === 0,
    why: "AArch64.TakeException: PSTATE.DIT stays as it was; QEMU clears it",
  },
  {
    body: /^m(rs|sr) SCXTNUM_EL[01]$/,
    group: /^EL1.*, SCTLR_EL2\[20\]=1/,
    ours: ({ el, ran }) => ran || el === 3,
    theirs: ({ el }) => el === 2,
    why: "SCTLR_EL2.TSCXT: traps EL0 while E2H and TGE are 1, and nothing else",
  },
  {
    body: /^m(rs|sr) SCXTNUM_EL0$/,
    group: /^EL0, E2H, TGE/,
    theirs: ({ el }) => el === 2,
    why: "SCXTNUM_EL0: HCR_EL2.EnSCXT doesn't act while E2H and TGE are 1",
  },
  {
    body: /^(nop|eret)$/,
    group: /^return/,
    ours: ({ esr, spsr }) => esr >>> 26 === 0x0e && (spsr & IL_SS) === IL_SS,
    theirs: ({ esr }) => esr >>> 27 === 0x32 >> 1,
    why: "SetPSTATEFromPSR: PSTATE.SS is DebugExceptionReturnSS's after an illegal return too; QEMU leaves it 0 then",
  },
  {
    body: /^(nop|eret)$/,
    group: /^return/,
    theirs: ({ spsr }) => spsr >>> 28 === 0,
    both: (a, b) => a.esr === b.esr && (a.spsr ^ b.spsr) << 4 === 0 && (a.pstate ^ b.pstate) << 4 === 0,
    why: "AArch64.TakeException: PSTATE.NZCV stay as they were; QEMU clears them, which a step in a handler shows",
  },
  {
    body: /^(nop|eret)$/,
    group: /^return/,
    ours: ({ spsr }) => (spsr & IL) !== 0,
    both: (a, b) =>
      a.esr === b.esr && ((a.spsr ^ b.spsr) & ~PAN) === 0 && ((a.pstate ^ b.pstate) & 0x0fff_ffff & ~PAN) === 0,
    why: "SetPSTATEFromPSR: PSTATE.PAN is the SPSR's after an illegal return too; QEMU leaves it as it was",
  },
  {
    body: /^mrs MDCCSR_EL0$/,
    group: /MDSCR_EL1\[12\]=1/,
    theirs: (outcome) => outcome.ran || outcome.el > 1,
    why: "MDSCR_EL1.TDCC: traps EL0's accesses to the Debug Communications Channel",
  },
];

export interface Comparison {
  /** One line for all bodies and groups that differ in the same way. */
  readonly differences: readonly string[];
  /** Cases that a departure explains. */
  readonly departed: number;
}

/** Registers of one core: QEMU has a choice of them, and doesn't know HCR_EL2.TIDCP. */
function isImplementationDefined(body: Body): boolean {
  const entry = systemRegisterByName.get(body.name.slice(4));
  return entry !== undefined && (entry.crn === 11 || entry.crn === 15);
}

/** NZCV of a handler is left out: exceptions don't change it, and QEMU clears it. */
const hasFar = ({ ran, esr }: Outcome): boolean =>
  !ran && [0x20, 0x21, 0x22, 0x24, 0x25, 0x34, 0x35].includes(esr >>> 26);

/** Whether two outcomes agree; `mask`: the bits of X0 that count. */
export function same(mask: bigint, a: Outcome, b: Outcome): boolean {
  return (
    a.el === b.el &&
    a.vector === b.vector &&
    a.esr === b.esr &&
    a.spsr === b.spsr &&
    a.offset === b.offset &&
    a.ran === b.ran &&
    (!hasFar(a) || a.far === b.far) &&
    (a.pstate ^ b.pstate) << 4 === 0 &&
    (!a.ran || (a.x0 & mask) === (b.x0 & mask))
  );
}

/** Whether a departure explains a difference. */
export function isKnown(body: string, group: string, ours: Outcome, theirs: Outcome): boolean {
  return trapDepartures.some(
    (d) =>
      d.body.test(body) &&
      (d.group?.test(group) ?? true) &&
      (d.ours?.(ours) ?? true) &&
      (d.theirs?.(theirs) ?? true) &&
      (d.both?.(ours, theirs) ?? true),
  );
}

/** Compares what two machines found. */
export function compareOutcomes(sweep: Sweep, ours: Outcome[][], theirs: Outcome[][]): Comparison {
  const found = new Map<string, string[]>();
  let departed = 0;
  const features = new Set([...cores.get(sweep.core)!.features, "EL2", "EL3"]);
  const masks = sweep.bodies.map((body) => comparedBits(body, features));
  sweep.groups.forEach((group: Group, g) => {
    const first = group.slice?.first ?? 0;
    ours[g]!.forEach((mine, at) => {
      const b = first + at;
      const body = sweep.bodies[b]!;
      const qemus = theirs[g]![at]!;
      if (same(masks[b]!, mine, qemus) || (isImplementationDefined(body) && !(mine.ran && qemus.ran))) return;
      if (isKnown(body.name, group.name, mine, qemus)) {
        departed++;
        return;
      }
      const key = `${body.name}: ${describeOutcome(mine)}; QEMU ${describeOutcome(qemus)}`;
      const groups = found.get(key);
      if (groups === undefined) found.set(key, [group.name]);
      else groups.push(group.name);
    });
  });
  const differences = [...found].map(
    ([key, groups]) => `${key} (${groups.length}: ${groups.slice(0, 3).join("; ")}${groups.length > 3 ? " ..." : ""})`,
  );
  return { differences, departed };
}
