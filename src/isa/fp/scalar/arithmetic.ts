import { type Builder, type Node, type Routine, type VOperand, vector } from "../../../ir/index.js";
import { instructions } from "../../definition.js";
import { host, readBits, readFloat, writeBits, writeFloat } from "../access.js";
import { carefulAdd, carefulDivide, carefulMultiply, carefulSubtract } from "../careful.js";
import { fastAnd, isFiniteNumber, isNumber, isOrdinary, keepsDenormals, unless } from "../fast.js";
import { multiplyAdd } from "../multiply-add.js";
import type { Family } from "../soft/arithmetic.js";
import { softMaximum, softMaximumNumber, softMinimum, softMinimumNumber } from "../soft/compare.js";
import { type Format, half, pattern, patterns } from "../soft/format.js";
import { softMultiplyAdd } from "../soft/fused.js";
import { defineFloat, floatName } from "./definition.js";

/** How an operation of two operands is done. */
interface Binary {
  readonly soft: Family;
  /** WebAssembly's operation. */
  readonly op: string;
  /** i32: its result `r` may stand. */
  readonly acceptable: (pe: Builder, f: Format, r: Node) => Node;
}

const sum = (pe: Builder, f: Format, r: Node): Node => fastAnd(pe, isFiniteNumber(pe, f, r));
const product = (pe: Builder, f: Format, r: Node): Node => fastAnd(pe, isOrdinary(pe, f, r));
// WebAssembly's min and max give a NaN exactly when an operand is one.
const exact = (pe: Builder, _: Format, r: Node): Node => pe.and(isNumber(pe, r), keepsDenormals(pe));

/** Operations by the "opcode" field of Floating-point data-processing (2 source). */
const binaries: readonly (Binary & { readonly mnemonic: string; readonly negate?: boolean })[] = [
  { mnemonic: "fmul", soft: carefulMultiply, op: "mul", acceptable: product },
  { mnemonic: "fdiv", soft: carefulDivide, op: "div", acceptable: product },
  { mnemonic: "fadd", soft: carefulAdd, op: "add", acceptable: sum },
  { mnemonic: "fsub", soft: carefulSubtract, op: "sub", acceptable: sum },
  { mnemonic: "fmax", soft: softMaximum, op: "max", acceptable: exact },
  { mnemonic: "fmin", soft: softMinimum, op: "min", acceptable: exact },
  { mnemonic: "fmaxnm", soft: softMaximumNumber, op: "max", acceptable: exact },
  { mnemonic: "fminnm", soft: softMinimumNumber, op: "min", acceptable: exact },
  { mnemonic: "fnmul", soft: carefulMultiply, op: "mul", acceptable: product, negate: true },
];

function soft(family: Family, f: Format): Routine {
  return family.get(f)!;
}

/** The result of an operation on two scalars, as written to a register of format `f`. */
function writeBinary(
  pe: Builder,
  f: Format,
  d: VOperand,
  n: VOperand,
  m: VOperand,
  b: (typeof binaries)[number],
): void {
  const sign = pattern(pe, patterns(f).sign);
  if (f === half) {
    const r = pe.call(soft(b.soft, f), readBits(pe, f, n), readBits(pe, f, m));
    writeBits(pe, f, d, b.negate ? pe.xor(r, sign) : r);
    return;
  }
  const x = pe.let(readFloat(pe, f, n));
  const y = pe.let(readFloat(pe, f, m));
  const value = pe.op(`${host(f)}.${b.op}`, x, y);
  const r = unless(pe, f, (v) => b.acceptable(pe, f, v), value, soft(b.soft, f), [x, y]);
  writeFloat(pe, f, d, b.negate ? pe.op(`${host(f)}.neg`, r) : r);
}

export const twoSource = instructions(
  "Floating-point data-processing (2 source)",
  defineFloat("FMUL/FDIV/FADD/FSUB/FMAX/FMIN/FMAXNM/FMINNM/FNMUL (scalar)", "000 11110 ptype 1 Rm opcode:4 10 Rn Rd", {
    statics: ["opcode"],
    where: (f) => f.opcode! < binaries.length,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, f, { opcode }, { d, n, m }) => {
      writeBinary(pe, f, d, n, m, binaries[opcode]!);
    },
    assembly: (w, f) =>
      `${binaries[w.opcode!]!.mnemonic}\t${[w.Rd!, w.Rn!, w.Rm!].map((r) => floatName(f, r)).join(", ")}`,
  }),
);

const fusedNames = ["fmadd", "fmsub", "fnmadd", "fnmsub"] as const;

export const threeSource = instructions(
  "Floating-point data-processing (3 source)",
  defineFloat("FMADD/FMSUB/FNMADD/FNMSUB", "000 11111 ptype o1 Rm o0 Ra Rn Rd", {
    statics: ["o1", "o0"],
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!), a: vector(f.Ra!) }),
    execute: (pe, f, { o1, o0 }, { d, n, m, a }) => {
      const negateProduct = o1 !== o0;
      const sign = pattern(pe, patterns(f).sign);
      if (f === half) {
        const flip = (x: Node, when: boolean): Node => (when ? pe.xor(x, sign) : x);
        const addend = flip(readBits(pe, f, a), o1 === 1);
        const first = flip(readBits(pe, f, n), negateProduct);
        writeBits(pe, f, d, pe.call(softMultiplyAdd.get(f)!, addend, first, readBits(pe, f, m)));
        return;
      }
      const flip = (x: Node, when: boolean): Node => pe.let(when ? pe.op(`${host(f)}.neg`, x) : x);
      const addend = flip(readFloat(pe, f, a), o1 === 1);
      const first = flip(readFloat(pe, f, n), negateProduct);
      writeFloat(pe, f, d, multiplyAdd(pe, f, addend, first, pe.let(readFloat(pe, f, m))));
    },
    assembly: (w, f) =>
      `${fusedNames[w.o1! * 2 + w.o0!]}\t${[w.Rd!, w.Rn!, w.Rm!, w.Ra!].map((r) => floatName(f, r)).join(", ")}`,
  }),
);
