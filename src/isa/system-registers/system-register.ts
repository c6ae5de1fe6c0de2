import type { TrapControlName } from "./trap-controls.js";

/** A named field of a register, bits `high` down to `low`, both inclusive. */
export interface SystemRegisterField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  /** The feature without which the field is RES0 (or RES1, by the register's `res1`). */
  readonly feature?: string;
  /** Hardware writes it; what software writes is ignored. */
  readonly readOnly: boolean;
}

/**
 * What else a write changes, apart from the register:
 * - `context`: which translation context is current (ASID, VMID, stage 1 or 2 on or off);
 * - `regime1`, `regime2`, `regime3`, `stage2`: translations cached for that regime, when the value changes;
 * - `routing`: where interrupts go and whether they are masked;
 * - `fp`: whether FP and SIMD instructions trap;
 * - `timer`, `gic`, `pmu`, `debug`: those units.
 */
export type SystemRegisterEffect =
  | "context"
  | "regime1"
  | "regime2"
  | "regime3"
  | "stage2"
  | "routing"
  | "fp"
  | "timer"
  | "gic"
  | "pmu"
  | "debug";

/** One AArch64 system register, as the Arm ARM (DDI 0487) describes it. */
export interface SystemRegister {
  readonly name: string;
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  /** op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2. */
  readonly encoding: number;
  /** Position in the registry. */
  readonly index: number;
  /** The 8-byte slot in a PE's state that holds the value. */
  readonly slot: number;
  /** Lowest exception level that may read it; 4 when nobody may. */
  readonly read: number;
  /** Lowest exception level that may write it; 4 when nobody may. */
  readonly write: number;
  /** Value at reset; "core" when the core's table of ID registers gives it. */
  readonly reset: bigint | "core";
  /** Bits that read as one unless a field that the PE has covers them. */
  readonly res1: bigint;
  readonly fields: readonly SystemRegisterField[];
  /**
   * What the PE must have, or the encoding is UNDEFINED: a FEAT_ name, EL2, EL3, GICv3, a core; with `!` before it, what
   * it must not have; several in a row must all hold.
   */
  readonly feature: string | undefined;
  readonly traps: readonly TrapControlName[];
  readonly effects: readonly SystemRegisterEffect[];
  /** Under HCR_EL2.E2H, the register that this name means at EL2. */
  readonly e2h: string | undefined;
  /** For `_EL12` and `_EL02` names: the register that is meant; they exist at EL2 and EL3 under HCR_EL2.E2H. */
  readonly alias: string | undefined;
  /** Name of the behaviour behind reads and writes that are more than a slot. */
  readonly hook: string | undefined;
}

/** How a table writes a register down; see {@link SystemRegister} for the meaning. */
export interface SystemRegisterDetails {
  reset?: bigint | "core";
  res1?: bigint;
  /**
   * Fields separated by blanks: `NAME:bit` or `NAME:high-low`, then `@FEATURE` for one that a feature adds and `!` for
   * one that software can't write. Bits outside all fields are RES0. Without fields all 64 bits are plain storage.
   */
  fields?: string;
  feature?: string;
  traps?: readonly TrapControlName[];
  effects?: readonly SystemRegisterEffect[];
  e2h?: string;
  alias?: string;
  hook?: string;
}

/** A register before the registry numbers it. */
export type SystemRegisterEntry = Omit<SystemRegister, "index" | "slot">;

/** The 16-bit encoding of a system register or system instruction. */
export function systemEncoding(op0: number, op1: number, crn: number, crm: number, op2: number): number {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

/** The generic name of an encoding: S3_0_C15_C2_1. */
export function genericName(encoding: number): string {
  const { op0, op1, crn, crm, op2 } = splitEncoding(encoding);
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/** The parts of a 16-bit encoding. */
export function splitEncoding(encoding: number): { op0: number; op1: number; crn: number; crm: number; op2: number } {
  return {
    op0: (encoding >> 14) & 3,
    op1: (encoding >> 11) & 7,
    crn: (encoding >> 7) & 15,
    crm: (encoding >> 3) & 15,
    op2: encoding & 7,
  };
}

const notFeatures = /^(EL[23]|ASID16|DirtyState|AArch32|GICv3|cortex-a5x|neoverse-n1)$/;

/** Tables write PAN for FEAT_PAN; "!EL2!EL3" means that neither is there. */
function parseFeature(text: string): string {
  return text.replace(/[\w-]+/g, (name) => (notFeatures.test(name) ? name : `FEAT_${name}`));
}

function parseField(text: string): SystemRegisterField {
  const match = /^(\w+):(\d+)(?:-(\d+))?(?:@(!?\w+))?(!)?$/.exec(text);
  if (!match) throw new Error(`system register field "${text}" isn't NAME:high-low`);
  const high = Number(match[2]);
  const low = match[3] === undefined ? high : Number(match[3]);
  if (high > 63 || low > high) throw new Error(`system register field "${text}" has no such bits`);
  const field = { name: match[1]!, high, low, readOnly: match[5] !== undefined };
  return match[4] === undefined ? field : { ...field, feature: parseFeature(match[4]) };
}

/**
 * Writes one register down. `code` is "op0 op1 CRn CRm op2"; `access` holds `R` and `W`, each with the lowest exception
 * level that has it: "R0 W1" may be read anywhere and written from EL1 up.
 */
export function register(
  name: string,
  code: string,
  access: string,
  details: SystemRegisterDetails = {},
): SystemRegisterEntry {
  const numbers = code.split(" ").map(Number);
  const [op0, op1, crn, crm, op2] = numbers as [number, number, number, number, number];
  if (numbers.length !== 5 || numbers.some(Number.isNaN)) throw new Error(`${name}: "${code}" isn't an encoding`);
  const level = (letter: string): number => {
    const at = access.indexOf(letter);
    return at < 0 ? 4 : Number(access[at + 1]);
  };
  const fields = details.fields === undefined ? "VALUE:63-0" : details.fields;
  const { feature, e2h, alias, hook } = details;
  return {
    name,
    op0,
    op1,
    crn,
    crm,
    op2,
    encoding: systemEncoding(op0, op1, crn, crm, op2),
    read: level("R"),
    write: level("W"),
    reset: details.reset ?? 0n,
    res1: details.res1 ?? 0n,
    fields: fields.split(" ").filter(Boolean).map(parseField),
    traps: details.traps ?? [],
    effects: details.effects ?? [],
    feature: feature === undefined ? undefined : parseFeature(feature),
    e2h,
    alias,
    hook,
  };
}
