import type { Builder, Node } from "../../../ir/index.js";
import { carefulAdd, carefulDivide, carefulMultiply, carefulSquareRoot, carefulSubtract } from "../careful.js";
import { fastAnd, keepsDenormals, roundsToNearest } from "../fast.js";
import { carefulSingle, fusedDouble, fusedDoubles } from "../multiply-add.js";
import { type Family, family, softMultiplyExtended } from "../soft/arithmetic.js";
import {
  softAbsoluteGreater,
  softAbsoluteGreaterEqual,
  softEqual,
  softGreater,
  softGreaterEqual,
  softMaximum,
  softMaximumNumber,
  softMinimum,
  softMinimumNumber,
} from "../soft/compare.js";
import { softReciprocalEstimate, softReciprocalExponent, softRootEstimate } from "../soft/estimate.js";
import { double, type Format, half, magnitudeOf, patterns, single } from "../soft/format.js";
import { softMultiplyAdd, softReciprocalStep, softRootStep } from "../soft/fused.js";
import { softRoundIntegral } from "../soft/integral.js";
import { roundingMode } from "../soft/status.js";
import {
  allNumbers,
  apply,
  constant,
  fastFinite,
  fastOrdinary,
  hostVector,
  type Operation,
  type Shape,
} from "./shape.js";

type Check = (pe: Builder, f: Format, value: Node) => Node;

/** An operation that WebAssembly has under `name`. */
function direct(name: string, soft: Family, check: Check): Operation {
  return {
    soft,
    fast: (pe, f, args) => ({
      value: pe.op(`${hostVector(f)}.${name}`, ...args),
      acceptable: (value) => check(pe, f, value),
    }),
  };
}

const numbers: Check = (pe, f, value) => pe.and(allNumbers(pe, f, value), keepsDenormals(pe));

export const add = direct("add", carefulAdd, fastFinite);
export const subtract = direct("sub", carefulSubtract, fastFinite);
export const multiply = direct("mul", carefulMultiply, fastOrdinary);
export const multiplyExtended = direct("mul", softMultiplyExtended, fastOrdinary);
export const divide = direct("div", carefulDivide, fastOrdinary);
export const maximum = direct("max", softMaximum, numbers);
export const minimum = direct("min", softMinimum, numbers);
export const maximumNumber = direct("max", softMaximumNumber, numbers);
export const minimumNumber = direct("min", softMinimumNumber, numbers);
export const squareRoot = direct("sqrt", carefulSquareRoot, fastFinite);

/** FPAbs of FPSub. */
export const absoluteDifference: Operation = {
  soft: family("FABD", 2, (pe, f, a, b) => {
    pe.return(magnitudeOf(pe, f, pe.call(carefulSubtract.get(f)!, a!, b!)));
  }),
  fast: (pe, f, [a, b]) => {
    const h = hostVector(f);
    return {
      value: pe.op(`${h}.abs`, pe.op(`${h}.sub`, a!, b!)),
      acceptable: (value) => fastFinite(pe, f, value),
    };
  },
};

function comparison(name: "eq" | "ge" | "gt", absolute: boolean, soft: Family): Operation {
  return {
    soft,
    fast: (pe, f, args) => {
      const h = hostVector(f);
      const [a, b] = args.map((x) => (absolute ? pe.op(`${h}.abs`, x) : x));
      return {
        value: pe.op(`${h}.${name}`, a!, b!),
        acceptable: () => pe.and(allNumbers(pe, f, ...args), keepsDenormals(pe)),
      };
    },
  };
}

export const equal = comparison("eq", false, softEqual);
export const greaterEqual = comparison("ge", false, softGreaterEqual);
export const greater = comparison("gt", false, softGreater);
export const absoluteGreaterEqual = comparison("ge", true, softAbsoluteGreaterEqual);
export const absoluteGreater = comparison("gt", true, softAbsoluteGreater);

export const reciprocalStep: Operation = { soft: softReciprocalStep };
export const rootStep: Operation = { soft: softRootStep };
export const reciprocalEstimate: Operation = { soft: softReciprocalEstimate };
export const rootEstimate: Operation = { soft: softRootEstimate };
export const reciprocalExponent: Operation = { soft: softReciprocalExponent };

const roundNames = ["nearest", "ceil", "floor", "trunc"] as const;

/** Elements rounded to integral ones, as `roundFloat` does: mode 4 is ties away. */
export function roundVector(pe: Builder, f: Format, v: Node, mode: number): Node {
  const h = hostVector(f);
  if (mode < 4) return pe.op(`${h}.${roundNames[mode]}`, v);
  const x = pe.let(v);
  const truncated = pe.let(pe.op(`${h}.trunc`, x));
  const rest = pe.op(`${h}.abs`, pe.op(`${h}.sub`, x, truncated));
  const oneBits = BigInt(f.bias) << BigInt(f.fractionBits);
  const halfBits = BigInt(f.bias - 1) << BigInt(f.fractionBits);
  const step = pe.op("v128.and", pe.op(`${h}.ge`, rest, constant(pe, f, halfBits)), constant(pe, f, oneBits));
  const sum = pe.op(`${h}.add`, pe.op(`${h}.abs`, truncated), step);
  return pe.op("v128.bitselect", x, sum, constant(pe, f, patterns(f).sign));
}

/** FRINT*: modes 0 to 4 by themselves; 6 and 7 as FPCR says, 6 with FPSR.IXC. */
export function roundIntegral(mode: number): Operation {
  const current = mode >= 6;
  return {
    soft: softRoundIntegral,
    more: (pe) => [current ? roundingMode(pe) : pe.c32(mode), pe.c32(mode === 6 ? 1 : 0)],
    fast: (pe, f, [x]) => ({
      value: roundVector(pe, f, x!, current ? 0 : mode),
      acceptable: (value) => {
        const fine = allNumbers(pe, f, value);
        if (mode === 6) return fastAnd(pe, fine);
        return pe.and(fine, current ? roundsToNearest(pe) : keepsDenormals(pe));
      },
    }),
  };
}

const softSingle: Family = new Map([...softMultiplyAdd, [single, carefulSingle]]);

/** Operands: addend, a, b. As `multiplyAdd` does it, two elements at a time. */
const multiplyAddSingle: Operation = {
  soft: softSingle,
  fast: (pe, _, args, lanes) => {
    const high = (v: Node): Node => pe.shuffle(v, v, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
    const sum = (part: (v: Node) => Node): Node => {
      const [addend, a, b] = args.map((v) => pe.op("f64x2.promote_low_f32x4", part(v)));
      return pe.let(pe.op("f64x2.add", pe.op("f64x2.mul", a!, b!), addend!));
    };
    // With at most two elements, both halves are the same.
    const first = sum((v) => v);
    const sums = lanes > 2 ? [first, sum(high)] : [first];
    const [low, up] = sums.map((s) => pe.op("f32x4.demote_f64x2_zero", s));
    const ties = sums.map((s) => {
      const below = pe.op("v128.and", s, constant(pe, double, 0x1fff_ffffn));
      return pe.op("i64x2.eq", below, constant(pe, double, 0x1000_0000n));
    });
    return {
      value: pe.shuffle(low!, up ?? low!, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]),
      acceptable: (value) => {
        const tie = pe.op(
          "v128.any_true",
          ties.reduce((a, b) => pe.op("v128.or", a, b)),
        );
        return pe.and(fastOrdinary(pe, single, value), pe.eqz(tie));
      },
    };
  },
};

/** addend + a * b, each with one rounding. */
export function fuse(pe: Builder, shape: Shape, addend: Node, a: Node, b: Node): Node {
  const { f, lanes } = shape;
  if (f === single || f === half) return apply(pe, shape, multiplyAddSingle, [addend, a, b]);
  const args = [addend, a, b].map((v) => pe.let(v));
  if (lanes === 2) return pe.call(fusedDoubles, ...args);
  const low = pe.call(fusedDouble, ...args.map((v) => pe.lane("f64x2.extract_lane", 0, v)));
  return pe.lane("f64x2.replace_lane", 0, pe.c128(new Uint8Array(16)), low);
}

/** Elements with their signs flipped: FPNeg. */
export function negate(pe: Builder, f: Format, v: Node): Node {
  return pe.op("v128.xor", v, constant(pe, f, patterns(f).sign));
}
