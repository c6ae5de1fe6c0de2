import { type Builder, type Node, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import {
  add,
  addLongPairwise,
  countLeadingSigns,
  countLeadingZeros,
  direct,
  equal,
  greaterEqualSigned,
  greaterSigned,
  reverseBits,
  type Unary,
} from "./elementwise.js";
import { reciprocalEstimate, reciprocalSquareRootEstimate } from "./estimate.js";
import {
  accumulateSigned,
  accumulateUnsigned,
  type Narrowing,
  narrow,
  type SaturatingUnary,
  saturatingAbsolute,
  saturatingNegate,
} from "./saturating.js";
import { scalarName, vectorName } from "./text.js";
import {
  elementBits,
  elementBytes,
  extend,
  joinLow,
  lanes,
  lowElement,
  lowHalf,
  type Saturating,
  setSaturated,
  unzip,
  upTo,
  vectorOf,
  zeros,
} from "./vector.js";

/** Writes the result of a two-register instruction. `keep` clears what the form leaves out of a vector. */
type Semantics = (
  pe: Builder,
  size: number,
  keep: (v: Node) => Node,
  registers: { readonly d: VOperand; readonly n: VOperand },
) => void;

interface Entry {
  readonly mnemonic: string;
  readonly U: number;
  readonly opcode: string;
  readonly vectorSizes: readonly number[];
  /** Sizes of the scalar form. */
  readonly scalarSizes: readonly number[];
  readonly semantics: Semantics;
  /** What objdump writes after the operands. */
  readonly suffix: string;
}

function entry(
  mnemonic: string,
  U: number,
  opcode: string,
  vectorSizes: readonly number[],
  scalarSizes: readonly number[],
  semantics: Semantics,
  suffix = "",
): Entry {
  return { mnemonic, U, opcode, vectorSizes, scalarSizes, semantics, suffix };
}

function unary(operation: Unary): Semantics {
  return (pe, size, keep, { d, n }) => {
    pe.writeV(d, keep(operation(pe, size, pe.readV(n))));
  };
}

function saturating(operation: (pe: Builder, size: number, a: Node, d: Node) => Saturating): Semantics {
  return (pe, size, keep, { d, n }) => {
    const result = operation(pe, size, pe.let(keep(pe.readV(n))), pe.let(keep(pe.readV(d))));
    const saturated = pe.let(result.saturated);
    pe.writeV(d, result.value);
    setSaturated(pe, saturated);
  };
}

function saturatingUnary(operation: SaturatingUnary): Semantics {
  return (pe, size, keep, { d, n }) => {
    const result = operation(pe, size, pe.let(keep(pe.readV(n))));
    const saturated = pe.let(result.saturated);
    pe.writeV(d, result.value);
    setSaturated(pe, saturated);
  };
}

/** Reverses the elements within containers of `container` bytes. */
function reverse(container: number): Semantics {
  return unary((pe, size, v) => {
    const value = pe.let(v);
    const perContainer = container >> size;
    const indices = upTo(16 >> size).map((i) => i - (i % perContainer) + perContainer - 1 - (i % perContainer));
    return pe.shuffle(value, value, elementBytes(size, indices));
  });
}

const all = [0, 1, 2, 3];
const upToWord = [0, 1, 2];
const upToHalfword = [0, 1];
const byte = [0];
const doubleword = [3];
const none: readonly number[] = [];

const entries: readonly Entry[] = [
  entry("rev64", 0, "00000", upToWord, none, reverse(8)),
  entry("rev32", 1, "00000", upToHalfword, none, reverse(4)),
  entry("rev16", 0, "00001", byte, none, reverse(2)),
  entry("suqadd", 0, "00011", all, all, saturating(accumulateUnsigned)),
  entry("usqadd", 1, "00011", all, all, saturating(accumulateSigned)),
  entry("cls", 0, "00100", upToWord, none, unary(countLeadingSigns)),
  entry("clz", 1, "00100", upToWord, none, unary(countLeadingZeros)),
  entry("cnt", 0, "00101", byte, none, unary(direct("popcnt"))),
  entry("sqabs", 0, "00111", all, all, saturatingUnary(saturatingAbsolute)),
  entry("sqneg", 1, "00111", all, all, saturatingUnary(saturatingNegate)),
  entry(
    "cmgt",
    0,
    "01000",
    all,
    doubleword,
    unary((pe, s, a) => greaterSigned(pe, s, a, zeros(pe))),
    ", #0",
  ),
  entry(
    "cmge",
    1,
    "01000",
    all,
    doubleword,
    unary((pe, s, a) => greaterEqualSigned(pe, s, a, zeros(pe))),
    ", #0",
  ),
  entry(
    "cmeq",
    0,
    "01001",
    all,
    doubleword,
    unary((pe, s, a) => equal(pe, s, a, zeros(pe))),
    ", #0",
  ),
  entry(
    "cmle",
    1,
    "01001",
    all,
    doubleword,
    unary((pe, s, a) => greaterEqualSigned(pe, s, zeros(pe), a)),
    ", #0",
  ),
  entry(
    "cmlt",
    0,
    "01010",
    all,
    doubleword,
    unary((pe, s, a) => greaterSigned(pe, s, zeros(pe), a)),
    ", #0",
  ),
  entry("abs", 0, "01011", all, doubleword, unary(direct("abs"))),
  entry("neg", 1, "01011", all, doubleword, unary(direct("neg"))),
];

function operands(f: { readonly [name: string]: number }): { d: VOperand; n: VOperand } {
  return { d: vector(f.Rd!), n: vector(f.Rn!) };
}

function title(e: Entry, form: string): string {
  return `${e.mnemonic.toUpperCase()} (${e.suffix ? `zero, ${form}` : form})`;
}

/** Forms that share their name with a three-same instruction, or exist as scalars too, say which they are. */
function vectorForm(e: Entry): Definition {
  return define(title(e, "vector"), `0 Q ${e.U} 01110 size:2 10000 ${e.opcode} 10 Rn Rd`, {
    simd: true,
    statics: ["Q", "size"],
    where: (f) => e.vectorSizes.includes(f.size!) && (f.size !== 3 || f.Q === 1),
    operands,
    execute: (pe, { Q, size }, registers) => e.semantics(pe, size, (v) => vectorOf(pe, Q, v), registers),
    assembly: (f) =>
      `${e.mnemonic}\t${vectorName(f.size!, f.Q!, f.Rd!)}, ${vectorName(f.size!, f.Q!, f.Rn!)}${e.suffix}`,
  });
}

function scalarForm(e: Entry): Definition {
  return define(title(e, "scalar"), `01 ${e.U} 11110 size:2 10000 ${e.opcode} 10 Rn Rd`, {
    simd: true,
    statics: ["size"],
    where: (f) => e.scalarSizes.includes(f.size!),
    operands,
    execute: (pe, { size }, registers) => e.semantics(pe, size, (v) => lowElement(pe, size, v), registers),
    assembly: (f) => `${e.mnemonic}\t${scalarName(f.size!, f.Rd!)}, ${scalarName(f.size!, f.Rn!)}${e.suffix}`,
  });
}

const notAndReverse = define("NOT/RBIT (vector)", "0 Q 101110 0 rbit 10000 00101 10 Rn Rd", {
  simd: true,
  statics: ["Q", "rbit"],
  operands,
  execute: (pe, { Q, rbit }, { d, n }) => {
    const v = pe.readV(n);
    pe.writeV(d, vectorOf(pe, Q, rbit ? reverseBits(pe, v) : pe.op("v128.not", v)));
  },
  assembly: (f) => `${f.rbit ? "rbit" : "mvn"}\t${vectorName(0, f.Q!, f.Rd!)}, ${vectorName(0, f.Q!, f.Rn!)}`,
});

const addLong = define("SADDLP/UADDLP/SADALP/UADALP", "0 Q U 01110 size:2 10000 00 accumulate 10 10 Rn Rd", {
  simd: true,
  statics: ["Q", "U", "size", "accumulate"],
  where: (f) => f.size !== 3,
  operands,
  execute: (pe, { Q, U, size, accumulate }, { d, n }) => {
    const sums = addLongPairwise(U === 0)(pe, size, pe.readV(n));
    pe.writeV(d, vectorOf(pe, Q, accumulate ? add(pe, size + 1, pe.readV(d), sums) : sums));
  },
  assembly: (f) => {
    const mnemonic = `${f.U ? "u" : "s"}${f.accumulate ? "adalp" : "addlp"}`;
    return `${mnemonic}\t${vectorName(f.size! + 1, f.Q!, f.Rd!)}, ${vectorName(f.size!, f.Q!, f.Rn!)}`;
  },
});

const estimate = define("URECPE/URSQRTE", "0 Q U 01110 10 10000 11100 10 Rn Rd", {
  simd: true,
  statics: ["Q", "U"],
  operands,
  execute: (pe, { Q, U }, { d, n }) => {
    const routine = U ? reciprocalSquareRootEstimate : reciprocalEstimate;
    pe.writeV(d, vectorOf(pe, Q, pe.call(routine, pe.readV(n))));
  },
  assembly: (f) => `${f.U ? "ursqrte" : "urecpe"}\t${vectorName(2, f.Q!, f.Rd!)}, ${vectorName(2, f.Q!, f.Rn!)}`,
});

/** Puts a narrowed result, whose upper half is zero, where the form wants it. */
export function narrowed(pe: Builder, Q: number, d: VOperand, value: Node): Node {
  return Q ? joinLow(pe, pe.readV(d), value) : value;
}

const narrowing = define("XTN/XTN2", "0 Q 001110 size:2 10000 10010 10 Rn Rd", {
  simd: true,
  statics: ["Q", "size"],
  where: (f) => f.size !== 3,
  operands,
  execute: (pe, { Q, size }, { d, n }) => {
    pe.writeV(d, narrowed(pe, Q, d, unzip(pe, size, 1, 0, pe.readV(n), zeros(pe))));
  },
  assembly: (f) => `xtn${f.Q ? "2" : ""}\t${vectorName(f.size!, f.Q!, f.Rd!)}, ${vectorName(f.size! + 1, 1, f.Rn!)}`,
});

const shiftLong = define("SHLL/SHLL2", "0 Q 101110 size:2 10000 10011 10 Rn Rd", {
  simd: true,
  statics: ["Q", "size"],
  where: (f) => f.size !== 3,
  operands,
  execute: (pe, { Q, size }, { d, n }) => {
    const wide = extend(pe, size, Q, false, pe.readV(n));
    pe.writeV(d, lanes(pe, size + 1, "shl", wide, pe.c32(elementBits(size))));
  },
  assembly: (f) => {
    const amount = elementBits(f.size!);
    const wide = vectorName(f.size! + 1, 1, f.Rd!);
    return `shll${f.Q ? "2" : ""}\t${wide}, ${vectorName(f.size!, f.Q!, f.Rn!)}, #${amount}`;
  },
});

const saturatingNarrowings: readonly (readonly [string, number, string, Narrowing])[] = [
  ["sqxtun", 1, "10010", "signedToUnsigned"],
  ["sqxtn", 0, "10100", "signed"],
  ["uqxtn", 1, "10100", "unsigned"],
];

function executeNarrowing(
  pe: Builder,
  how: Narrowing,
  size: number,
  Q: number,
  { d, n }: { d: VOperand; n: VOperand },
  keep: (v: Node) => Node,
): void {
  const result = narrow(how)(pe, size, pe.let(keep(pe.readV(n))));
  const saturated = pe.let(result.saturated);
  pe.writeV(d, narrowed(pe, Q, d, result.value));
  setSaturated(pe, saturated);
}

export const twoRegisterMiscellaneous = instructions("Advanced SIMD two-register miscellaneous", [
  ...entries.map(vectorForm),
  notAndReverse,
  addLong,
  estimate,
  narrowing,
  shiftLong,
  ...saturatingNarrowings.map(([mnemonic, U, opcode, how]) =>
    define(`${mnemonic.toUpperCase()} (vector)`, `0 Q ${U} 01110 size:2 10000 ${opcode} 10 Rn Rd`, {
      simd: true,
      statics: ["Q", "size"],
      where: (f) => f.size !== 3,
      operands,
      execute: (pe, { Q, size }, registers) => executeNarrowing(pe, how, size, Q, registers, (v) => v),
      assembly: (f) =>
        `${mnemonic}${f.Q ? "2" : ""}\t${vectorName(f.size!, f.Q!, f.Rd!)}, ${vectorName(f.size! + 1, 1, f.Rn!)}`,
    }),
  ),
]);

export const scalarTwoRegisterMiscellaneous = instructions("Advanced SIMD scalar two-register miscellaneous", [
  ...entries.filter((e) => e.scalarSizes.length > 0).map(scalarForm),
  ...saturatingNarrowings.map(([mnemonic, U, opcode, how]) =>
    define(`${mnemonic.toUpperCase()} (scalar)`, `01 ${U} 11110 size:2 10000 ${opcode} 10 Rn Rd`, {
      simd: true,
      statics: ["size"],
      where: (f) => f.size !== 3,
      operands,
      execute: (pe, { size }, registers) =>
        executeNarrowing(pe, how, size, 0, registers, (v) => lowElement(pe, size + 1, v)),
      assembly: (f) => `${mnemonic}\t${scalarName(f.size!, f.Rd!)}, ${scalarName(f.size! + 1, f.Rn!)}`,
    }),
  ),
]);

export const scalarPairwise = instructions("Advanced SIMD scalar pairwise", [
  define("ADDP (scalar)", "01011110 11 11000 11011 10 Rn Rd", {
    simd: true,
    operands,
    execute: (pe, _, { d, n }) => {
      const v = pe.let(pe.readV(n));
      const swapped = pe.shuffle(v, v, [...upTo(8, 8), ...upTo(8)]);
      pe.writeV(d, lowHalf(pe, pe.op("i64x2.add", v, swapped)));
    },
    assembly: (f) => `addp\td${f.Rd}, v${f.Rn}.2d`,
  }),
]);
