import { type Builder, type Node, vector } from "../../../ir/index.js";
import { type Definition, define, instructions } from "../../definition.js";
import { scalarName, vectorName } from "../../simd/text.js";
import { splatElement, unzip } from "../../simd/vector.js";
import { double, type Format, half, single } from "../soft/format.js";
import { add, maximum, maximumNumber, minimum, minimumNumber } from "./operations.js";
import { apply, type Operation, sizeOf } from "./shape.js";

/** Applies an operation to neighbours until one element is left: the order of shared pseudocode function Reduce. */
function reduce(pe: Builder, f: Format, lanes: number, operation: Operation, v: Node): Node {
  let value = v;
  for (let left = lanes / 2; left >= 1; left /= 2) {
    const source = pe.let(value);
    const [even, odd] = [0, 1].map((part) => unzip(pe, sizeOf(f), 1, part, source, source));
    value = apply(pe, { f, lanes: left }, operation, [even!, odd!]);
  }
  return value;
}

function acrossLanes(mnemonic: string, o1: number, opcode: string, operation: Operation): Definition[] {
  const name = mnemonic.toUpperCase();
  return [
    define(name, `0 1 1 01110 ${o1} 0 11000 ${opcode} 10 Rn Rd`, {
      simd: true,
      operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, _, { d, n }) => {
        pe.writeV(d, reduce(pe, single, 4, operation, pe.readV(n)));
      },
      assembly: (w) => `${mnemonic}\t${scalarName(2, w.Rd!)}, ${vectorName(2, 1, w.Rn!)}`,
    }),
    define(`${name}, half-precision`, `0 Q 0 01110 ${o1} 0 11000 ${opcode} 10 Rn Rd`, {
      feature: "FEAT_FP16",
      simd: true,
      statics: ["Q"],
      operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, { Q }, { d, n }) => {
        pe.writeV(d, reduce(pe, half, Q ? 8 : 4, operation, pe.readV(n)));
      },
      assembly: (w) => `${mnemonic}\t${scalarName(1, w.Rd!)}, ${vectorName(1, w.Q!, w.Rn!)}`,
    }),
  ];
}

function scalarPairwise(mnemonic: string, o1: number, opcode: string, operation: Operation): Definition[] {
  const compute = (pe: Builder, f: Format, v: Node): Node => {
    const value = pe.let(v);
    return apply(pe, { f, lanes: 1 }, operation, [value, splatElement(pe, sizeOf(f), value, 1)]);
  };
  const formatOf = (w: { readonly sz?: number }): Format => (w.sz ? double : single);
  return [
    define(`${mnemonic.toUpperCase()} (scalar)`, `01 1 11110 ${o1} sz 11000 ${opcode} 10 Rn Rd`, {
      simd: true,
      statics: ["sz"],
      operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, s, { d, n }) => {
        pe.writeV(d, compute(pe, formatOf(s), pe.readV(n)));
      },
      assembly: (w) => {
        const { letter } = formatOf(w);
        return `${mnemonic}\t${letter}${w.Rd}, v${w.Rn}.2${letter}`;
      },
    }),
    define(`${mnemonic.toUpperCase()} (scalar), half-precision`, `01 0 11110 ${o1} 0 11000 ${opcode} 10 Rn Rd`, {
      feature: "FEAT_FP16",
      simd: true,
      operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, _, { d, n }) => {
        pe.writeV(d, compute(pe, half, pe.readV(n)));
      },
      assembly: (w) => `${mnemonic}\th${w.Rd}, v${w.Rn}.2h`,
    }),
  ];
}

export const floatAcrossLanes = instructions("Advanced SIMD across lanes: floating-point", [
  ...acrossLanes("fmaxnmv", 0, "01100", maximumNumber),
  ...acrossLanes("fmaxv", 0, "01111", maximum),
  ...acrossLanes("fminnmv", 1, "01100", minimumNumber),
  ...acrossLanes("fminv", 1, "01111", minimum),
]);

export const floatScalarPairwise = instructions("Advanced SIMD scalar pairwise: floating-point", [
  ...scalarPairwise("fmaxnmp", 0, "01100", maximumNumber),
  ...scalarPairwise("faddp", 0, "01101", add),
  ...scalarPairwise("fmaxp", 0, "01111", maximum),
  ...scalarPairwise("fminnmp", 1, "01100", minimumNumber),
  ...scalarPairwise("fminp", 1, "01111", minimum),
]);
