import type { Builder, Node } from "../../ir/index.js";
import { greaterUnsigned } from "./elementwise.js";
import {
  elementBits,
  elements,
  extend,
  extendMultiply,
  lanes,
  ones,
  type Saturating,
  signBits,
  signedMaxima,
  unzip,
  zeros,
} from "./vector.js";

/**
 * Saturating operations on elements of `size`. Zero operands give zero and don't saturate: so forms that use only part
 * of a vector clear the rest of their operands first. Operands are locals.
 */
export type SaturatingBinary = (pe: Builder, size: number, a: Node, b: Node, d: Node) => Saturating;
export type SaturatingUnary = (pe: Builder, size: number, a: Node) => Saturating;

/** All ones or zero in each element, as its sign bit. */
function signMask(pe: Builder, size: number, v: Node): Node {
  return lanes(pe, size, "shr_s", v, pe.c32(elementBits(size) - 1));
}

/** The largest, or for negative elements of `v` the smallest, signed value. */
function signedLimit(pe: Builder, size: number, v: Node): Node {
  return pe.op("v128.xor", signMask(pe, size, v), signedMaxima(pe, size));
}

function addOrSubtract(operation: "add" | "sub", signed: boolean): SaturatingBinary {
  return (pe, size, a, b) => {
    const wrapped = pe.let(lanes(pe, size, operation, a, b));
    if (size < 2) {
      const value = pe.let(lanes(pe, size, `${operation}_sat_${signed ? "s" : "u"}`, a, b));
      return { value, saturated: pe.op("v128.xor", value, wrapped) };
    }
    if (!signed) {
      // A carry out makes the sum smaller than an operand, a borrow the difference larger than the first.
      const [larger, smaller] = operation === "add" ? [a, wrapped] : [wrapped, a];
      const saturated = pe.let(greaterUnsigned(pe, size, larger, smaller));
      const value = pe.op(operation === "add" ? "v128.or" : "v128.andnot", wrapped, saturated);
      return { value, saturated };
    }
    // Overflow: the result's sign differs from a's, and b's (inverted for a subtraction) did not.
    const changed = pe.op("v128.xor", a, wrapped);
    const other = operation === "add" ? pe.op("v128.xor", b, wrapped) : pe.op("v128.xor", a, b);
    const saturated = pe.let(signMask(pe, size, pe.op("v128.and", changed, other)));
    return { value: pe.op("v128.bitselect", signedLimit(pe, size, a), wrapped, saturated), saturated };
  };
}

export function saturatingAdd(signed: boolean): SaturatingBinary {
  return addOrSubtract("add", signed);
}
export function saturatingSubtract(signed: boolean): SaturatingBinary {
  return addOrSubtract("sub", signed);
}

/** SUQADD: signed accumulator plus unsigned operand. */
export function accumulateUnsigned(pe: Builder, size: number, a: Node, d: Node): Saturating {
  const sum = pe.let(lanes(pe, size, "add", d, a));
  const saturated = pe.let(lanes(pe, size, "gt_s", d, sum));
  return { value: pe.op("v128.bitselect", signedMaxima(pe, size), sum, saturated), saturated };
}

/** USQADD: unsigned accumulator plus signed operand. */
export function accumulateSigned(pe: Builder, size: number, a: Node, d: Node): Saturating {
  const sum = pe.let(lanes(pe, size, "add", d, a));
  const negative = pe.let(signMask(pe, size, a));
  const above = pe.let(pe.op("v128.andnot", greaterUnsigned(pe, size, d, sum), negative));
  const below = pe.let(pe.op("v128.and", greaterUnsigned(pe, size, sum, d), negative));
  return {
    value: pe.op("v128.andnot", pe.op("v128.or", sum, above), below),
    saturated: pe.op("v128.or", above, below),
  };
}

/** Absolute value or negation: both wrap for the smallest value, and subtracting one then gives the largest. */
function wrapping(operation: "abs" | "neg"): SaturatingUnary {
  return (pe, size, a) => {
    const saturated = pe.let(lanes(pe, size, "eq", a, signBits(pe, size)));
    return { value: lanes(pe, size, "add", lanes(pe, size, operation, a), saturated), saturated };
  };
}
export const saturatingAbsolute = wrapping("abs");
export const saturatingNegate = wrapping("neg");

function bothSmallest(pe: Builder, size: number, a: Node, b: Node): Node {
  const smallest = (v: Node): Node => lanes(pe, size, "eq", v, signBits(pe, size));
  return pe.op("v128.and", smallest(a), smallest(b));
}

/** Odd elements of `size` of a, then b: the upper halves of elements twice as wide. */
function upperHalves(pe: Builder, size: number, a: Node, b: Node): Node {
  return unzip(pe, size, 1, 1, a, b);
}

/** SQDMULH, SQRDMULH: the upper half of 2ab, rounded or not; only the square of the smallest value saturates. */
export function doublingMultiplyHigh(rounding: boolean): SaturatingBinary {
  return (pe, size, a, b) => {
    const saturated = pe.let(bothSmallest(pe, size, a, b));
    if (size === 1) {
      if (rounding) return { value: pe.op("i16x8.q15mulr_sat_s", a, b), saturated };
      const half = (upper: number): Node => pe.op("i32x4.shr_s", extendMultiply(pe, 1, upper, true, a, b), pe.c32(15));
      return { value: pe.op("i16x8.narrow_i32x4_s", half(0), half(1)), saturated };
    }
    const half = (upper: number): Node => {
      const product = extendMultiply(pe, 2, upper, true, a, b);
      const rounded = rounding ? pe.op("i64x2.add", product, elements(pe, 3, 1 << 30)) : product;
      return pe.op("i64x2.shl", rounded, pe.c32(1));
    };
    const value = upperHalves(pe, 2, half(0), half(1));
    return { value: pe.op("i32x4.add", value, saturated), saturated };
  };
}

/** SQRDMLAH, SQRDMLSH: the upper half of (d << esize) ± 2ab, rounded; computed at half that scale. */
export function doublingMultiplyAccumulateHigh(subtract: boolean): SaturatingBinary {
  return (pe, size, a, b, d) => {
    const bits = elementBits(size);
    const half = (upper: number): Node => {
      const scaled = lanes(pe, size + 1, "shl", extend(pe, size, upper, true, d), pe.c32(bits - 1));
      const product = extendMultiply(pe, size, upper, true, a, b);
      const sum = lanes(pe, size + 1, subtract ? "sub" : "add", scaled, product);
      const rounded = lanes(pe, size + 1, "add", sum, elements(pe, size + 1, 1 << (bits - 2)));
      return lanes(pe, size + 1, "shr_s", rounded, pe.c32(bits - 1));
    };
    const low = narrow("signed")(pe, size, pe.let(half(0)));
    const high = narrow("signed")(pe, size, pe.let(half(1)));
    return {
      value: pe.shuffle(low.value, high.value, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]),
      saturated: pe.op("v128.or", low.saturated, high.saturated),
    };
  };
}

/** SQDMULL: 2ab, twice as wide. It is the smallest value only where it saturates. */
export function doublingMultiplyLong(pe: Builder, size: number, upper: number, a: Node, b: Node): Saturating {
  const doubled = pe.let(lanes(pe, size + 1, "shl", extendMultiply(pe, size, upper, true, a, b), pe.c32(1)));
  const saturated = pe.let(lanes(pe, size + 1, "eq", doubled, signBits(pe, size + 1)));
  return { value: lanes(pe, size + 1, "add", doubled, saturated), saturated };
}

/** SQDMLAL, SQDMLSL. */
export function doublingMultiplyAccumulateLong(subtract: boolean) {
  return (pe: Builder, size: number, upper: number, a: Node, b: Node, d: Node): Saturating => {
    const product = doublingMultiplyLong(pe, size, upper, a, b);
    const sum = addOrSubtract(subtract ? "sub" : "add", true)(pe, size + 1, d, pe.let(product.value), d);
    return { value: sum.value, saturated: pe.op("v128.or", product.saturated, sum.saturated) };
  };
}

/** How a saturating narrowing reads its source and its destination. */
export type Narrowing = "signed" | "unsigned" | "signedToUnsigned";

/** Halves the width of elements to `size`, saturating; the result is in the low half, the upper half is zero. */
export function narrow(how: Narrowing): SaturatingUnary {
  return (pe, size, v) => {
    if (size < 2 && how !== "unsigned") {
      const operation = `narrow_${size === 0 ? "i16x8" : "i32x4"}_${how === "signed" ? "s" : "u"}`;
      const value = pe.let(lanes(pe, size, operation, v, zeros(pe)));
      return { value, saturated: pe.op("v128.xor", extend(pe, size, 0, how === "signed", value), v) };
    }
    const wide = size + 1;
    const largest = elements(pe, wide, (1n << BigInt(elementBits(size) - (how === "signed" ? 1 : 0))) - 1n);
    const clamp = (): Node => {
      if (how === "unsigned") {
        if (wide < 3) return lanes(pe, wide, "min_u", v, largest);
        return pe.op("v128.bitselect", largest, v, greaterUnsigned(pe, wide, v, largest));
      }
      const least = elements(pe, wide, how === "signed" ? -(1n << BigInt(elementBits(size) - 1)) : 0n);
      const capped = pe.let(pe.op("v128.bitselect", largest, v, lanes(pe, wide, "gt_s", v, largest)));
      return pe.op("v128.bitselect", least, capped, lanes(pe, wide, "lt_s", capped, least));
    };
    const clamped = pe.let(clamp());
    return { value: unzip(pe, size, 1, 0, clamped, zeros(pe)), saturated: pe.op("v128.xor", clamped, v) };
  };
}

/** How a saturating left shift reads its source and its destination. */
export type ShiftSaturation = Narrowing;

/** x << amount (i32, below the element's width), saturating. */
export function shiftLeftSaturating(
  pe: Builder,
  size: number,
  how: ShiftSaturation,
  x: Node,
  amount: Node,
): Saturating {
  const shifted = pe.let(lanes(pe, size, "shl", x, amount));
  const back = lanes(pe, size, how === "signed" ? "shr_s" : "shr_u", shifted, amount);
  const lost = pe.let(lanes(pe, size, "ne", back, x));
  if (how !== "signedToUnsigned") {
    const limit = how === "signed" ? signedLimit(pe, size, x) : ones(pe);
    return { value: pe.op("v128.bitselect", limit, shifted, lost), saturated: lost };
  }
  const negative = pe.let(signMask(pe, size, x));
  const value = pe.op("v128.andnot", pe.op("v128.or", shifted, lost), negative);
  return { value, saturated: pe.op("v128.or", lost, negative) };
}

/** As {@link signedLimit}, for register shifts. */
export { signedLimit };
