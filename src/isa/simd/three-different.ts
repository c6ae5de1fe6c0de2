import { type Builder, type Node, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import { absoluteDifferenceLong, add, sub, type Widening, widened } from "./elementwise.js";
import { doublingMultiplyAccumulateLong, doublingMultiplyLong } from "./saturating.js";
import { scalarName, vectorName } from "./text.js";
import { narrowed } from "./two-register.js";
import {
  elementBits,
  elements,
  extend,
  extendMultiply,
  lanes,
  lowElement,
  type Saturating,
  setSaturated,
  unzip,
  zeros,
} from "./vector.js";

function operands(f: { readonly [name: string]: number }): { d: VOperand; n: VOperand; m: VOperand } {
  return { d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) };
}

type Registers = {
  readonly d: VOperand;
  readonly n: VOperand;
  readonly m: VOperand;
};

/** How the element sizes of the operands compare: those of d, n and m in units of log2, from `size`. */
interface Shape {
  readonly d: number;
  readonly n: number;
  readonly m: number;
}
const long: Shape = { d: 1, n: 0, m: 0 };
const wide: Shape = { d: 1, n: 1, m: 0 };
const narrowShape: Shape = { d: 0, n: 1, m: 1 };

type Semantics = (pe: Builder, size: number, Q: number, registers: Registers) => void;

function widening(operation: Widening): Semantics {
  return (pe, size, Q, { d, n, m }) => {
    pe.writeV(d, operation(pe, size, Q, pe.readV(n), pe.readV(m), pe.readV(d)));
  };
}

/** Adds what `operation` gives to the destination, or subtracts it. */
export function accumulate(operation: Widening, subtract = false): Widening {
  return (pe, size, upper, a, b, d) => (subtract ? sub : add)(pe, size + 1, d, operation(pe, size, upper, a, b, d));
}

export function multiplyLong(signed: boolean): Widening {
  return (pe, size, upper, a, b) => extendMultiply(pe, size, upper, signed, a, b);
}

/** The second operand widened and added to, or subtracted from, the first. */
function wideSecond(signed: boolean, operation: "add" | "sub"): Widening {
  return (pe, size, upper, a, b) => lanes(pe, size + 1, operation, a, extend(pe, size, upper, signed, b));
}

/** Upper halves of sums or differences of elements twice the size. */
function highNarrow(operation: "add" | "sub", rounding: boolean): Semantics {
  return (pe, size, Q, { d, n, m }) => {
    const sum = lanes(pe, size + 1, operation, pe.readV(n), pe.readV(m));
    const half = elements(pe, size + 1, 1n << BigInt(elementBits(size) - 1));
    const rounded = rounding ? lanes(pe, size + 1, "add", sum, half) : sum;
    pe.writeV(d, narrowed(pe, Q, d, unzip(pe, size, 1, 1, rounded, zeros(pe))));
  };
}

/** A saturating operation on the low (`upper` 0) or high half's elements. */
export type SaturatingWidening = (pe: Builder, size: number, upper: number, a: Node, b: Node, d: Node) => Saturating;

/** SQDMULL, SQDMLAL, SQDMLSL: opcode of the three-register form, opcode of the form by element, semantics. */
export const saturatingLong: readonly (readonly [string, string, string, SaturatingWidening])[] = [
  ["sqdmlal", "1001", "0011", doublingMultiplyAccumulateLong(false)],
  ["sqdmlsl", "1011", "0111", doublingMultiplyAccumulateLong(true)],
  ["sqdmull", "1101", "1011", doublingMultiplyLong],
];

/** Writes the result of `operation` on vectors already prepared. */
export function writeSaturatingLong(
  pe: Builder,
  operation: SaturatingWidening,
  size: number,
  upper: number,
  d: VOperand,
  a: Node,
  b: Node,
  accumulator: Node,
): void {
  const result = operation(pe, size, upper, a, b, accumulator);
  const saturated = pe.let(result.saturated);
  pe.writeV(d, result.value);
  setSaturated(pe, saturated);
}

function different(
  mnemonic: string,
  U: number,
  opcode: string,
  shape: Shape,
  semantics: Semantics,
  smallest = 0,
): Definition {
  return define(`${mnemonic.toUpperCase()} (vector)`, `0 Q ${U} 01110 size:2 1 Rm ${opcode} 00 Rn Rd`, {
    simd: true,
    statics: ["Q", "size"],
    where: (f) => f.size !== 3 && f.size! >= smallest,
    operands,
    execute: (pe, { Q, size }, registers) => semantics(pe, size, Q, registers),
    assembly: (f) => {
      const name = (wider: number, r: number): string => vectorName(f.size! + wider, wider ? 1 : f.Q!, r);
      const registers = `${name(shape.d, f.Rd!)}, ${name(shape.n, f.Rn!)}, ${name(shape.m, f.Rm!)}`;
      return `${mnemonic}${f.Q ? "2" : ""}\t${registers}`;
    },
  });
}

/** The signed (U = 0) and unsigned forms of an operation. */
function both(
  mnemonic: string,
  opcode: string,
  shape: Shape,
  operation: (signed: boolean) => Widening,
): readonly Definition[] {
  return [
    different(`s${mnemonic}`, 0, opcode, shape, widening(operation(true))),
    different(`u${mnemonic}`, 1, opcode, shape, widening(operation(false))),
  ];
}

export const threeDifferent = instructions("Advanced SIMD three different", [
  ...both("addl", "0000", long, (signed) => widened(signed, add)),
  ...both("addw", "0001", wide, (signed) => wideSecond(signed, "add")),
  ...both("subl", "0010", long, (signed) => widened(signed, sub)),
  ...both("subw", "0011", wide, (signed) => wideSecond(signed, "sub")),
  different("addhn", 0, "0100", narrowShape, highNarrow("add", false)),
  different("raddhn", 1, "0100", narrowShape, highNarrow("add", true)),
  ...both("abal", "0101", long, (signed) => accumulate(absoluteDifferenceLong(signed))),
  different("subhn", 0, "0110", narrowShape, highNarrow("sub", false)),
  different("rsubhn", 1, "0110", narrowShape, highNarrow("sub", true)),
  ...both("abdl", "0111", long, absoluteDifferenceLong),
  ...both("mlal", "1000", long, (signed) => accumulate(multiplyLong(signed))),
  ...both("mlsl", "1010", long, (signed) => accumulate(multiplyLong(signed), true)),
  ...both("mull", "1100", long, multiplyLong),
  ...saturatingLong.map(([mnemonic, opcode, , operation]) =>
    different(
      mnemonic,
      0,
      opcode,
      long,
      (pe, size, Q, { d, n, m }) => {
        writeSaturatingLong(pe, operation, size, Q, d, pe.readV(n), pe.readV(m), pe.let(pe.readV(d)));
      },
      1,
    ),
  ),
]);

export const scalarThreeDifferent = instructions(
  "Advanced SIMD scalar three different",
  saturatingLong.map(([mnemonic, opcode, , operation]) =>
    define(`${mnemonic.toUpperCase()} (scalar)`, `01011110 size:2 1 Rm ${opcode} 00 Rn Rd`, {
      simd: true,
      statics: ["size"],
      where: (f) => f.size === 1 || f.size === 2,
      operands,
      execute: (pe, { size }, { d, n, m }) => {
        const a = lowElement(pe, size, pe.readV(n));
        const accumulator = pe.let(lowElement(pe, size + 1, pe.readV(d)));
        writeSaturatingLong(pe, operation, size, 0, d, a, pe.readV(m), accumulator);
      },
      assembly: (f) =>
        `${mnemonic}\t${scalarName(f.size! + 1, f.Rd!)}, ${scalarName(f.size!, f.Rn!)}, ${scalarName(f.size!, f.Rm!)}`,
    }),
  ),
);
