import { type Builder, type ImmediateOperand, immediate, type Node, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { type Narrowing, narrow, shiftLeftSaturating } from "./saturating.js";
import { scalarName, vectorName } from "./text.js";
import { narrowed } from "./two-register.js";
import {
  elementBits,
  elements,
  extend,
  lanes,
  lowElement,
  ones,
  setSaturated,
  unzip,
  vectorOf,
  zeros,
} from "./vector.js";

/** The highest bit of immh gives the element's size. */
function sizeOf(f: Fields): number {
  return 31 - Math.clz32(f.immh!);
}

/** Amount of a right shift: 1 to the element's width. */
function rightAmount(f: Fields): number {
  return 2 * elementBits(sizeOf(f)) - ((f.immh! << 3) | f.immb!);
}

/** Amount of a left shift: 0 to the element's width less 1. */
function leftAmount(f: Fields): number {
  return ((f.immh! << 3) | f.immb!) - elementBits(sizeOf(f));
}

type Registers = {
  readonly d: VOperand;
  readonly n: VOperand;
  /** What WebAssembly's shift is to be given. */
  readonly amount: ImmediateOperand;
};

/**
 * Writes the result. `whole` tells a right shift by the element's full width, which WebAssembly, taking amounts modulo
 * the width, hasn't; the amount is then one less.
 */
type Semantics = (
  pe: Builder,
  form: { readonly size: number; readonly Q: number; readonly whole: number; readonly keep: (v: Node) => Node },
  registers: Registers,
) => void;

/** A right shift by the full width gives zero, or the sign. */
function shiftRight(pe: Builder, size: number, signed: boolean, whole: number, v: Node, amount: Node): Node {
  if (whole && !signed) return zeros(pe);
  return lanes(pe, size, signed ? "shr_s" : "shr_u", v, amount);
}

/** Shifts by one less than asked for (`amount`), then by one, adding the bit that falls out. */
function roundingShiftRight(pe: Builder, size: number, signed: boolean, v: Node, amount: Node): Node {
  const operation = signed ? "shr_s" : "shr_u";
  const t = pe.let(lanes(pe, size, operation, v, amount));
  const half = lanes(pe, size, operation, t, pe.c32(1));
  return lanes(pe, size, "add", half, pe.op("v128.and", t, elements(pe, size, 1)));
}

function right(signed: boolean, rounding: boolean, accumulate: boolean): Semantics {
  return (pe, { size, whole, keep }, { d, n, amount }) => {
    const by = pe.immediate32(amount);
    const shifted = rounding
      ? roundingShiftRight(pe, size, signed, pe.readV(n), by)
      : shiftRight(pe, size, signed, whole, pe.readV(n), by);
    pe.writeV(d, keep(accumulate ? lanes(pe, size, "add", pe.readV(d), shifted) : shifted));
  };
}

const left: Semantics = (pe, { size, keep }, { d, n, amount }) => {
  pe.writeV(d, keep(lanes(pe, size, "shl", pe.readV(n), pe.immediate32(amount))));
};

/** SLI, SRI: bits that the shift makes room for keep the destination's value. */
function insert(operation: "shl" | "shr_u"): Semantics {
  return (pe, { size, whole, keep }, { d, n, amount }) => {
    const by = pe.immediate32(amount);
    const shifted = lanes(pe, size, operation, pe.readV(n), by);
    const mask = lanes(pe, size, operation, ones(pe), by);
    pe.writeV(d, keep(whole ? pe.readV(d) : pe.op("v128.bitselect", shifted, pe.readV(d), mask)));
  };
}

function saturatingLeft(how: Narrowing): Semantics {
  return (pe, { size, keep }, { d, n, amount }) => {
    const result = shiftLeftSaturating(pe, size, how, pe.let(keep(pe.readV(n))), pe.immediate32(amount));
    const saturated = pe.let(result.saturated);
    pe.writeV(d, result.value);
    setSaturated(pe, saturated);
  };
}

interface Entry {
  readonly mnemonic: string;
  readonly U: number;
  readonly opcode: string;
  readonly scalarSizes: readonly number[];
  readonly direction: "left" | "right";
  /** Rounding shifts take one less than the amount. */
  readonly rounding: boolean;
  readonly semantics: Semantics;
}

function entry(
  mnemonic: string,
  U: number,
  opcode: string,
  scalarSizes: readonly number[],
  direction: "left" | "right",
  semantics: Semantics,
  rounding = false,
): Entry {
  return { mnemonic, U, opcode, scalarSizes, direction, semantics, rounding };
}

const all = [0, 1, 2, 3];
const doubleword = [3];

const entries: readonly Entry[] = [
  entry("sshr", 0, "00000", doubleword, "right", right(true, false, false)),
  entry("ushr", 1, "00000", doubleword, "right", right(false, false, false)),
  entry("ssra", 0, "00010", doubleword, "right", right(true, false, true)),
  entry("usra", 1, "00010", doubleword, "right", right(false, false, true)),
  entry("srshr", 0, "00100", doubleword, "right", right(true, true, false), true),
  entry("urshr", 1, "00100", doubleword, "right", right(false, true, false), true),
  entry("srsra", 0, "00110", doubleword, "right", right(true, true, true), true),
  entry("ursra", 1, "00110", doubleword, "right", right(false, true, true), true),
  entry("sri", 1, "01000", doubleword, "right", insert("shr_u")),
  entry("shl", 0, "01010", doubleword, "left", left),
  entry("sli", 1, "01010", doubleword, "left", insert("shl")),
  entry("sqshlu", 1, "01100", all, "left", saturatingLeft("signedToUnsigned")),
  entry("sqshl", 0, "01110", all, "left", saturatingLeft("signed")),
  entry("uqshl", 1, "01110", all, "left", saturatingLeft("unsigned")),
];

function isWhole(e: { readonly direction: string; readonly rounding: boolean }, f: Fields): boolean {
  return e.direction === "right" && !e.rounding && rightAmount(f) === elementBits(sizeOf(f));
}

function amountText(direction: "left" | "right", f: Fields): string {
  return `#${direction === "left" ? leftAmount(f) : rightAmount(f)}`;
}

function prepare(e: Entry): {
  operands: (f: Fields) => Registers;
  derive: (f: Fields) => { size: number; whole: number };
} {
  return {
    operands: (f) => {
      const amount = e.direction === "left" ? leftAmount(f) : rightAmount(f) - +(e.rounding || isWhole(e, f));
      return { d: vector(f.Rd!), n: vector(f.Rn!), amount: immediate(amount) };
    },
    derive: (f) => ({ size: sizeOf(f), whole: +isWhole(e, f) }),
  };
}

function vectorForm(e: Entry): Definition {
  return define(
    `${e.mnemonic.toUpperCase()} (immediate, vector)`,
    `0 Q ${e.U} 011110 immh:4!0000 immb:3 ${e.opcode} 1 Rn Rd`,
    {
      simd: true,
      statics: ["Q"],
      where: (f) => sizeOf(f) < 3 || f.Q === 1,
      ...prepare(e),
      execute: (pe, { Q, size, whole }, registers) =>
        e.semantics(pe, { size, Q, whole, keep: (v) => vectorOf(pe, Q, v) }, registers),
      assembly: (f) => {
        const name = (r: number): string => vectorName(sizeOf(f), f.Q!, r);
        return `${e.mnemonic}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${amountText(e.direction, f)}`;
      },
    },
  );
}

function scalarForm(e: Entry): Definition {
  return define(
    `${e.mnemonic.toUpperCase()} (immediate, scalar)`,
    `01 ${e.U} 111110 immh:4!0000 immb:3 ${e.opcode} 1 Rn Rd`,
    {
      simd: true,
      where: (f) => e.scalarSizes.includes(sizeOf(f)),
      ...prepare(e),
      execute: (pe, { size, whole }, registers) =>
        e.semantics(pe, { size, Q: 0, whole, keep: (v) => lowElement(pe, size, v) }, registers),
      assembly: (f) => {
        const name = (r: number): string => scalarName(sizeOf(f), r);
        return `${e.mnemonic}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${amountText(e.direction, f)}`;
      },
    },
  );
}

/** Narrowing right shifts. `how` is absent where bits are dropped. */
interface NarrowingEntry {
  readonly mnemonic: string;
  readonly U: number;
  readonly opcode: string;
  readonly rounding: boolean;
  readonly how: Narrowing | undefined;
}

const narrowingEntries: readonly NarrowingEntry[] = [
  { mnemonic: "shrn", U: 0, opcode: "10000", rounding: false, how: undefined },
  { mnemonic: "rshrn", U: 0, opcode: "10001", rounding: true, how: undefined },
  { mnemonic: "sqshrun", U: 1, opcode: "10000", rounding: false, how: "signedToUnsigned" },
  { mnemonic: "sqrshrun", U: 1, opcode: "10001", rounding: true, how: "signedToUnsigned" },
  { mnemonic: "sqshrn", U: 0, opcode: "10010", rounding: false, how: "signed" },
  { mnemonic: "sqrshrn", U: 0, opcode: "10011", rounding: true, how: "signed" },
  { mnemonic: "uqshrn", U: 1, opcode: "10010", rounding: false, how: "unsigned" },
  { mnemonic: "uqrshrn", U: 1, opcode: "10011", rounding: true, how: "unsigned" },
];

function executeNarrowing(
  pe: Builder,
  { rounding, how }: NarrowingEntry,
  { size, Q, keep }: { size: number; Q: number; keep: (v: Node) => Node },
  { d, n, amount }: Registers,
): void {
  const signed = how === "signed" || how === "signedToUnsigned";
  const by = pe.immediate32(amount);
  const v = keep(pe.readV(n));
  const shifted = rounding
    ? roundingShiftRight(pe, size + 1, signed, v, by)
    : lanes(pe, size + 1, signed ? "shr_s" : "shr_u", v, by);
  if (how === undefined) {
    pe.writeV(d, narrowed(pe, Q, d, unzip(pe, size, 1, 0, shifted, zeros(pe))));
    return;
  }
  const result = narrow(how)(pe, size, pe.let(shifted));
  const saturated = pe.let(result.saturated);
  pe.writeV(d, narrowed(pe, Q, d, result.value));
  setSaturated(pe, saturated);
}

function narrowingOperands(e: NarrowingEntry): (f: Fields) => Registers {
  return (f) => ({
    d: vector(f.Rd!),
    n: vector(f.Rn!),
    amount: immediate(rightAmount(f) - +e.rounding),
  });
}

function vectorNarrowing(e: NarrowingEntry): Definition {
  return define(`${e.mnemonic.toUpperCase()} (vector)`, `0 Q ${e.U} 011110 immh:4!0000 immb:3 ${e.opcode} 1 Rn Rd`, {
    simd: true,
    statics: ["Q"],
    where: (f) => sizeOf(f) < 3,
    operands: narrowingOperands(e),
    derive: (f) => ({ size: sizeOf(f) }),
    execute: (pe, { Q, size }, registers) => executeNarrowing(pe, e, { size, Q, keep: (v) => v }, registers),
    assembly: (f) => {
      const size = sizeOf(f);
      const registers = `${vectorName(size, f.Q!, f.Rd!)}, ${vectorName(size + 1, 1, f.Rn!)}`;
      return `${e.mnemonic}${f.Q ? "2" : ""}\t${registers}, ${amountText("right", f)}`;
    },
  });
}

function scalarNarrowing(e: NarrowingEntry): Definition {
  return define(`${e.mnemonic.toUpperCase()} (scalar)`, `01 ${e.U} 111110 immh:4!0000 immb:3 ${e.opcode} 1 Rn Rd`, {
    simd: true,
    where: (f) => sizeOf(f) < 3,
    operands: narrowingOperands(e),
    derive: (f) => ({ size: sizeOf(f) }),
    execute: (pe, { size }, registers) =>
      executeNarrowing(pe, e, { size, Q: 0, keep: (v) => lowElement(pe, size + 1, v) }, registers),
    assembly: (f) => {
      const registers = `${scalarName(sizeOf(f), f.Rd!)}, ${scalarName(sizeOf(f) + 1, f.Rn!)}`;
      return `${e.mnemonic}\t${registers}, ${amountText("right", f)}`;
    },
  });
}

const shiftLeftLong = define("SSHLL/USHLL", "0 Q U 011110 immh:4!0000 immb:3 10100 1 Rn Rd", {
  simd: true,
  statics: ["Q", "U"],
  where: (f) => sizeOf(f) < 3,
  operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), amount: immediate(leftAmount(f)) }),
  derive: (f) => ({ size: sizeOf(f), plain: +(leftAmount(f) === 0) }),
  execute: (pe, { Q, U, size, plain }, { d, n, amount }) => {
    const wide = extend(pe, size, Q, U === 0, pe.readV(n));
    pe.writeV(d, plain ? wide : lanes(pe, size + 1, "shl", wide, pe.immediate32(amount)));
  },
  assembly: (f) => {
    const size = sizeOf(f);
    const amount = leftAmount(f);
    const mnemonic = `${f.U ? "u" : "s"}${amount ? "shll" : "xtl"}${f.Q ? "2" : ""}`;
    const registers = `${vectorName(size + 1, 1, f.Rd!)}, ${vectorName(size, f.Q!, f.Rn!)}`;
    return `${mnemonic}\t${registers}${amount ? `, #${amount}` : ""}`;
  },
});

export const shiftByImmediate = instructions("Advanced SIMD shift by immediate", [
  ...entries.map(vectorForm),
  ...narrowingEntries.map(vectorNarrowing),
  shiftLeftLong,
]);

export const scalarShiftByImmediate = instructions("Advanced SIMD scalar shift by immediate", [
  ...entries.map(scalarForm),
  ...narrowingEntries.filter((e) => e.how !== undefined).map(scalarNarrowing),
]);
