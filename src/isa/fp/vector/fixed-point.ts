import { type Builder, type ImmediateOperand, immediate, type Node, vector } from "../../../ir/index.js";
import { type Definition, define, instructions } from "../../definition.js";
import { scalarName, vectorName } from "../../simd/text.js";
import { double, type Format, half, single } from "../soft/format.js";
import { fromInteger, toInteger } from "./conversions.js";
import { apply, type Operation, sizeOf, vectorShape } from "./shape.js";

type Make = (unsigned: number, fbits: (pe: Builder) => Node) => Operation;

/** immh:immb for each format: its leading one says the element size, the rest is the width less the fraction bits. */
const immediates: readonly (readonly [Format, string, string])[] = [
  [double, "1", "6"],
  [single, "01", "5"],
  [half, "001", "4"],
];

function fixedPoint(mnemonic: string, unsigned: number, opcode: string, make: Make): Definition[] {
  return immediates.flatMap(([f, lead, bits]) => {
    const feature = f === half ? { feature: "FEAT_FP16" as const } : {};
    const field = `imm${bits}`;
    const fractionBits = (w: { readonly [name: string]: number }): number => f.width - w[field]!;
    const operands = (w: { readonly [name: string]: number }) => ({
      d: vector(w.Rd!),
      n: vector(w.Rn!),
      fbits: immediate(fractionBits(w)),
    });
    const operation = (fbits: ImmediateOperand): Operation => make(unsigned, (pe) => pe.immediate32(fbits));
    const size = sizeOf(f);
    const name = `${mnemonic.toUpperCase()} (vector, fixed-point)`;
    const tail = `${lead} ${field} ${opcode} 1 Rn Rd`;
    return [
      define(`${name}, ${f.width} bits`, `0 Q ${unsigned} 011110 ${tail}`, {
        ...feature,
        simd: true,
        statics: ["Q"],
        where: (w) => f !== double || w.Q === 1,
        operands,
        execute: (pe, { Q }, { d, n, fbits }) => {
          pe.writeV(d, apply(pe, vectorShape(f, Q), operation(fbits), [pe.readV(n)]));
        },
        assembly: (w) =>
          `${mnemonic}\t${vectorName(size, w.Q!, w.Rd!)}, ${vectorName(size, w.Q!, w.Rn!)}, #${fractionBits(w)}`,
      }),
      define(`${name}, scalar, ${f.width} bits`, `01 ${unsigned} 111110 ${tail}`, {
        ...feature,
        simd: true,
        operands,
        execute: (pe, _, { d, n, fbits }) => {
          pe.writeV(d, apply(pe, { f, lanes: 1 }, operation(fbits), [pe.readV(n)]));
        },
        assembly: (w) => `${mnemonic}\t${scalarName(size, w.Rd!)}, ${scalarName(size, w.Rn!)}, #${fractionBits(w)}`,
      }),
    ];
  });
}

const toFixed: Make = (unsigned, fbits) => toInteger(3, unsigned, fbits);

export const floatFixedPoint = instructions("Advanced SIMD shift by immediate: fixed-point conversion", [
  ...fixedPoint("scvtf", 0, "11100", fromInteger),
  ...fixedPoint("ucvtf", 1, "11100", fromInteger),
  ...fixedPoint("fcvtzs", 0, "11111", toFixed),
  ...fixedPoint("fcvtzu", 1, "11111", toFixed),
]);
