import { type Builder, type Node, type Routine, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import {
  absoluteDifference,
  absoluteDifferenceAccumulate,
  add,
  type Binary,
  dotProduct,
  equal,
  greaterEqualSigned,
  greaterEqualUnsigned,
  greaterSigned,
  greaterUnsigned,
  halvingAdd,
  halvingSubtract,
  maximum,
  minimum,
  multiply,
  multiplyAdd,
  multiplySubtract,
  roundingHalvingAdd,
  sub,
  type Ternary,
  testBits,
} from "./elementwise.js";
import { registerShift } from "./register-shift.js";
import {
  doublingMultiplyAccumulateHigh,
  doublingMultiplyHigh,
  type SaturatingBinary,
  saturatingAdd,
  saturatingSubtract,
} from "./saturating.js";
import { scalarName, vectorName } from "./text.js";
import { lowElement, setSaturated, unzip, vectorOf } from "./vector.js";

/** Writes the result of a three-operand instruction. `keep` clears what the form leaves out of a vector. */
type Semantics = (
  pe: Builder,
  size: number,
  Q: number,
  keep: (v: Node) => Node,
  registers: { readonly d: VOperand; readonly n: VOperand; readonly m: VOperand },
) => void;

function elementwise(operation: Binary): Semantics {
  return (pe, size, _Q, keep, { d, n, m }) => {
    pe.writeV(d, keep(operation(pe, size, pe.readV(n), pe.readV(m))));
  };
}

function accumulating(operation: Ternary): Semantics {
  return (pe, size, _Q, keep, { d, n, m }) => {
    pe.writeV(d, keep(operation(pe, size, pe.readV(n), pe.readV(m), pe.readV(d))));
  };
}

function pairwise(operation: Binary): Semantics {
  return (pe, size, Q, keep, { d, n, m }) => {
    const a = pe.let(pe.readV(n));
    const b = pe.let(pe.readV(m));
    pe.writeV(d, keep(operation(pe, size, unzip(pe, size, Q, 0, a, b), unzip(pe, size, Q, 1, a, b))));
  };
}

function saturating(operation: SaturatingBinary): Semantics {
  return (pe, size, _Q, keep, { d, n, m }) => {
    const read = (register: VOperand): Node => pe.let(keep(pe.readV(register)));
    const result = operation(pe, size, read(n), read(m), read(d));
    const saturated = pe.let(result.saturated);
    pe.writeV(d, result.value);
    setSaturated(pe, saturated);
  };
}

function byRoutine(routines: readonly Routine[]): Semantics {
  return (pe, size, _Q, keep, { d, n, m }) => {
    pe.writeV(d, pe.call(routines[size]!, keep(pe.readV(n)), keep(pe.readV(m))));
  };
}

interface Entry {
  readonly mnemonic: string;
  readonly U: number;
  readonly opcode: string;
  readonly vectorSizes: readonly number[];
  /** Sizes of the scalar form. */
  readonly scalarSizes: readonly number[];
  readonly semantics: Semantics;
}

const all = [0, 1, 2, 3];
const upToWord = [0, 1, 2];
const byte = [0];
const halfwordAndWord = [1, 2];
const doubleword = [3];
const none: readonly number[] = [];

function entry(
  mnemonic: string,
  U: number,
  opcode: string,
  vectorSizes: readonly number[],
  scalarSizes: readonly number[],
  semantics: Semantics,
): Entry {
  return { mnemonic, U, opcode, vectorSizes, scalarSizes, semantics };
}

function shift(mnemonic: string, signed: boolean, rounding: boolean, saturating: boolean): Semantics {
  return byRoutine(registerShift(mnemonic, { signed, rounding, saturating }));
}

const entries: readonly Entry[] = [
  entry("shadd", 0, "00000", upToWord, none, elementwise(halvingAdd(true))),
  entry("uhadd", 1, "00000", upToWord, none, elementwise(halvingAdd(false))),
  entry("sqadd", 0, "00001", all, all, saturating(saturatingAdd(true))),
  entry("uqadd", 1, "00001", all, all, saturating(saturatingAdd(false))),
  entry("srhadd", 0, "00010", upToWord, none, elementwise(roundingHalvingAdd(true))),
  entry("urhadd", 1, "00010", upToWord, none, elementwise(roundingHalvingAdd(false))),
  entry("shsub", 0, "00100", upToWord, none, elementwise(halvingSubtract(true))),
  entry("uhsub", 1, "00100", upToWord, none, elementwise(halvingSubtract(false))),
  entry("sqsub", 0, "00101", all, all, saturating(saturatingSubtract(true))),
  entry("uqsub", 1, "00101", all, all, saturating(saturatingSubtract(false))),
  entry("cmgt", 0, "00110", all, doubleword, elementwise(greaterSigned)),
  entry("cmhi", 1, "00110", all, doubleword, elementwise(greaterUnsigned)),
  entry("cmge", 0, "00111", all, doubleword, elementwise(greaterEqualSigned)),
  entry("cmhs", 1, "00111", all, doubleword, elementwise(greaterEqualUnsigned)),
  entry("sshl", 0, "01000", all, doubleword, shift("sshl", true, false, false)),
  entry("ushl", 1, "01000", all, doubleword, shift("ushl", false, false, false)),
  entry("sqshl", 0, "01001", all, all, shift("sqshl", true, false, true)),
  entry("uqshl", 1, "01001", all, all, shift("uqshl", false, false, true)),
  entry("srshl", 0, "01010", all, doubleword, shift("srshl", true, true, false)),
  entry("urshl", 1, "01010", all, doubleword, shift("urshl", false, true, false)),
  entry("sqrshl", 0, "01011", all, all, shift("sqrshl", true, true, true)),
  entry("uqrshl", 1, "01011", all, all, shift("uqrshl", false, true, true)),
  entry("smax", 0, "01100", upToWord, none, elementwise(maximum(true))),
  entry("umax", 1, "01100", upToWord, none, elementwise(maximum(false))),
  entry("smin", 0, "01101", upToWord, none, elementwise(minimum(true))),
  entry("umin", 1, "01101", upToWord, none, elementwise(minimum(false))),
  entry("sabd", 0, "01110", upToWord, none, elementwise(absoluteDifference(true))),
  entry("uabd", 1, "01110", upToWord, none, elementwise(absoluteDifference(false))),
  entry("saba", 0, "01111", upToWord, none, accumulating(absoluteDifferenceAccumulate(true))),
  entry("uaba", 1, "01111", upToWord, none, accumulating(absoluteDifferenceAccumulate(false))),
  entry("add", 0, "10000", all, doubleword, elementwise(add)),
  entry("sub", 1, "10000", all, doubleword, elementwise(sub)),
  entry("cmtst", 0, "10001", all, doubleword, elementwise(testBits)),
  entry("cmeq", 1, "10001", all, doubleword, elementwise(equal)),
  entry("mla", 0, "10010", upToWord, none, accumulating(multiplyAdd)),
  entry("mls", 1, "10010", upToWord, none, accumulating(multiplySubtract)),
  entry("mul", 0, "10011", upToWord, none, elementwise(multiply)),
  entry("pmul", 1, "10011", byte, none, elementwise(polynomialMultiply)),
  entry("smaxp", 0, "10100", upToWord, none, pairwise(maximum(true))),
  entry("umaxp", 1, "10100", upToWord, none, pairwise(maximum(false))),
  entry("sminp", 0, "10101", upToWord, none, pairwise(minimum(true))),
  entry("uminp", 1, "10101", upToWord, none, pairwise(minimum(false))),
  entry("sqdmulh", 0, "10110", halfwordAndWord, halfwordAndWord, saturating(doublingMultiplyHigh(false))),
  entry("sqrdmulh", 1, "10110", halfwordAndWord, halfwordAndWord, saturating(doublingMultiplyHigh(true))),
  entry("addp", 0, "10111", all, none, pairwise(add)),
];

/** Low eight bits of products of polynomials over {0, 1}: adds a << k for each bit k of b, from the top. */
function polynomialMultiply(pe: Builder, _size: number, a: Node, b: Node): Node {
  const x = pe.let(a);
  let bits = pe.let(b);
  let sum: Node | undefined;
  for (let k = 7; k >= 0; k--) {
    const term = pe.op("v128.and", x, pe.op("i8x16.shr_s", bits, pe.c32(7)));
    sum = pe.let(sum ? pe.op("v128.xor", pe.op("i8x16.add", sum, sum), term) : term);
    if (k > 0) bits = pe.let(pe.op("i8x16.add", bits, bits));
  }
  return sum!;
}

function operands(f: { readonly [name: string]: number }): { d: VOperand; n: VOperand; m: VOperand } {
  return { d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) };
}

export function vectorThreeSame(e: Entry, top: number, bits: string, feature?: Feature): Definition {
  return define(`${e.mnemonic.toUpperCase()} (vector)`, `0 Q ${e.U} 01110 size:2 ${top} Rm ${bits} 1 Rn Rd`, {
    simd: true,
    ...(feature ? { feature } : {}),
    statics: ["Q", "size"],
    where: (f) => e.vectorSizes.includes(f.size!) && (f.size !== 3 || f.Q === 1),
    operands,
    execute: (pe, { Q, size }, registers) => e.semantics(pe, size, Q, (v) => vectorOf(pe, Q, v), registers),
    assembly: (f) => {
      const name = (r: number): string => vectorName(f.size!, f.Q!, r);
      return `${e.mnemonic}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${name(f.Rm!)}`;
    },
  });
}

export function scalarThreeSame(e: Entry, top: number, bits: string, feature?: Feature): Definition {
  return define(`${e.mnemonic.toUpperCase()} (scalar)`, `01 ${e.U} 11110 size:2 ${top} Rm ${bits} 1 Rn Rd`, {
    simd: true,
    ...(feature ? { feature } : {}),
    statics: ["size"],
    where: (f) => e.scalarSizes.includes(f.size!),
    operands,
    execute: (pe, { size }, registers) => e.semantics(pe, size, 0, (v) => lowElement(pe, size, v), registers),
    assembly: (f) => {
      const name = (r: number): string => scalarName(f.size!, r);
      return `${e.mnemonic}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${name(f.Rm!)}`;
    },
  });
}

type LogicalSemantics = (pe: Builder, n: Node, m: Node, d: Node) => Node;

/** Bitwise operations by U and size. */
const logical: readonly (readonly [string, LogicalSemantics])[] = [
  ["and", (pe, n, m) => pe.op("v128.and", n, m)],
  ["bic", (pe, n, m) => pe.op("v128.andnot", n, m)],
  ["orr", (pe, n, m) => pe.op("v128.or", n, m)],
  ["orn", (pe, n, m) => pe.op("v128.or", n, pe.op("v128.not", m))],
  ["eor", (pe, n, m) => pe.op("v128.xor", n, m)],
  ["bsl", (pe, n, m, d) => pe.op("v128.bitselect", n, m, d)],
  ["bit", (pe, n, m, d) => pe.op("v128.bitselect", n, d, m)],
  ["bif", (pe, n, m, d) => pe.op("v128.bitselect", d, n, m)],
];

const logicalThreeSame = define("AND/BIC/ORR/ORN/EOR/BSL/BIT/BIF (vector)", "0 Q U 01110 size:2 1 Rm 00011 1 Rn Rd", {
  simd: true,
  statics: ["Q", "U", "size"],
  operands,
  // ORR of a register with itself is how a vector is moved.
  derive: (f) => ({ move: +(f.U === 0 && f.size === 2 && f.Rn === f.Rm) }),
  execute: (pe, { Q, U, size, move }, { d, n, m }) => {
    const semantics = logical[U * 4 + size]![1];
    const value = move ? pe.readV(n) : semantics(pe, pe.readV(n), pe.readV(m), pe.readV(d));
    pe.writeV(d, vectorOf(pe, Q, value));
  },
  assembly: (f) => {
    const name = (r: number): string => vectorName(0, f.Q!, r);
    if (f.U === 0 && f.size === 2 && f.Rn === f.Rm) return `mov\t${name(f.Rd!)}, ${name(f.Rn!)}`;
    return `${logical[f.U! * 4 + f.size!]![0]}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${name(f.Rm!)}`;
  },
});

export const threeSame = instructions("Advanced SIMD three same", [
  ...entries.map((e) => vectorThreeSame(e, 1, e.opcode)),
  logicalThreeSame,
]);

export const scalarThreeSameInstructions = instructions(
  "Advanced SIMD scalar three same",
  entries.filter((e) => e.scalarSizes.length > 0).map((e) => scalarThreeSame(e, 1, e.opcode)),
);

const roundingDoublingEntries = [
  entry("sqrdmlah", 1, "10000", halfwordAndWord, halfwordAndWord, saturating(doublingMultiplyAccumulateHigh(false))),
  entry("sqrdmlsh", 1, "10001", halfwordAndWord, halfwordAndWord, saturating(doublingMultiplyAccumulateHigh(true))),
];

function dot(mnemonic: string, U: number, signed: boolean): Definition {
  return define(`${mnemonic.toUpperCase()} (vector)`, `0 Q ${U} 01110 100 Rm 10010 1 Rn Rd`, {
    simd: true,
    feature: "FEAT_DotProd",
    statics: ["Q"],
    operands,
    execute: (pe, { Q }, { d, n, m }) => {
      pe.writeV(d, vectorOf(pe, Q, dotProduct(signed)(pe, 2, pe.readV(n), pe.readV(m), pe.readV(d))));
    },
    assembly: (f) =>
      `${mnemonic}\t${vectorName(2, f.Q!, f.Rd!)}, ${vectorName(0, f.Q!, f.Rn!)}, ${vectorName(0, f.Q!, f.Rm!)}`,
  });
}

export const threeSameExtra = instructions("Advanced SIMD three same extra", [
  ...roundingDoublingEntries.map((e) => vectorThreeSame(e, 0, e.opcode, "FEAT_RDM")),
  dot("sdot", 0, true),
  dot("udot", 1, false),
]);

export const scalarThreeSameExtra = instructions(
  "Advanced SIMD scalar three same extra",
  roundingDoublingEntries.map((e) => scalarThreeSame(e, 0, e.opcode, "FEAT_RDM")),
);
