import type { Builder, Node } from "../../ir/index.js";
import { elementBits, elements, extend, lanes, ones, signBits, zeros } from "./vector.js";

/** Combines elements of `size` of two vectors. Arguments may be any expression: what is used twice is evaluated once. */
export type Binary = (pe: Builder, size: number, a: Node, b: Node) => Node;
/** As {@link Binary}, with the destination's old value. */
export type Ternary = (pe: Builder, size: number, a: Node, b: Node, d: Node) => Node;
export type Unary = (pe: Builder, size: number, a: Node) => Node;

/** A WebAssembly operation that exists for every size it is asked for. */
export function direct(operation: string): (pe: Builder, size: number, ...args: Node[]) => Node {
  return (pe, size, ...args) => lanes(pe, size, operation, ...args);
}

export const add: Binary = direct("add");
export const sub: Binary = direct("sub");

/** Low halves of products. WebAssembly has none for bytes: odd and even ones are multiplied as halfwords. */
export const multiply: Binary = (pe, size, a, b) => {
  if (size > 0) return lanes(pe, size, "mul", a, b);
  const x = pe.let(a);
  const y = pe.let(b);
  const even = pe.op("v128.and", pe.op("i16x8.mul", x, y), elements(pe, 1, 0x00ff));
  const upper = pe.op("v128.and", x, elements(pe, 1, 0xff00));
  return pe.op("v128.or", even, pe.op("i16x8.mul", upper, pe.op("i16x8.shr_u", y, pe.c32(8))));
};

export const multiplyAdd: Ternary = (pe, size, a, b, d) => add(pe, size, d, multiply(pe, size, a, b));
export const multiplySubtract: Ternary = (pe, size, a, b, d) => sub(pe, size, d, multiply(pe, size, a, b));

export const equal: Binary = direct("eq");
export const greaterSigned: Binary = direct("gt_s");
export const greaterEqualSigned: Binary = direct("ge_s");

/** Unsigned comparison: of doublewords as a signed one, with the sign bits inverted. */
function compareUnsigned(operation: "gt" | "ge"): Binary {
  return (pe, size, a, b) => {
    if (size < 3) return lanes(pe, size, `${operation}_u`, a, b);
    const flip = (v: Node): Node => pe.op("v128.xor", v, signBits(pe, 3));
    return lanes(pe, size, `${operation}_s`, flip(a), flip(b));
  };
}
export const greaterUnsigned = compareUnsigned("gt");
export const greaterEqualUnsigned = compareUnsigned("ge");

/** CMTST: all ones where a and b have a bit in common. */
export const testBits: Binary = (pe, size, a, b) => lanes(pe, size, "ne", pe.op("v128.and", a, b), zeros(pe));

export function minimum(signed: boolean): Binary {
  return direct(signed ? "min_s" : "min_u");
}
export function maximum(signed: boolean): Binary {
  return direct(signed ? "max_s" : "max_u");
}

export function absoluteDifference(signed: boolean): Binary {
  const larger = maximum(signed);
  const smaller = minimum(signed);
  return (pe, size, a, b) => {
    const x = pe.let(a);
    const y = pe.let(b);
    return sub(pe, size, larger(pe, size, x, y), smaller(pe, size, x, y));
  };
}

export function absoluteDifferenceAccumulate(signed: boolean): Ternary {
  const difference = absoluteDifference(signed);
  return (pe, size, a, b, d) => add(pe, size, d, difference(pe, size, a, b));
}

function shiftRight(signed: boolean): string {
  return signed ? "shr_s" : "shr_u";
}

/** (a + b) >> 1 without losing the carry: common bits, plus half of the others. */
export function halvingAdd(signed: boolean): Binary {
  return (pe, size, a, b) => {
    const x = pe.let(a);
    const y = pe.let(b);
    const half = lanes(pe, size, shiftRight(signed), pe.op("v128.xor", x, y), pe.c32(1));
    return add(pe, size, pe.op("v128.and", x, y), half);
  };
}

/** (a + b + 1) >> 1. */
export function roundingHalvingAdd(signed: boolean): Binary {
  return (pe, size, a, b) => {
    if (!signed && size < 2) return lanes(pe, size, "avgr_u", a, b);
    const x = pe.let(a);
    const y = pe.let(b);
    const half = lanes(pe, size, shiftRight(signed), pe.op("v128.xor", x, y), pe.c32(1));
    return sub(pe, size, pe.op("v128.or", x, y), half);
  };
}

/** (a - b) >> 1: a - b is (a ^ b) - 2 (~a & b). */
export function halvingSubtract(signed: boolean): Binary {
  return (pe, size, a, b) => {
    const x = pe.let(a);
    const y = pe.let(b);
    const half = lanes(pe, size, shiftRight(signed), pe.op("v128.xor", x, y), pe.c32(1));
    return sub(pe, size, half, pe.op("v128.andnot", y, x));
  };
}

/** Sums of neighbouring elements of `size`, twice as wide. */
export function addLongPairwise(signed: boolean): Unary {
  return (pe, size, a) => {
    if (size < 2) {
      const source = size === 0 ? "i8x16" : "i16x8";
      return lanes(pe, size + 1, `extadd_pairwise_${source}_${signed ? "s" : "u"}`, a);
    }
    const x = pe.let(a);
    const odd = lanes(pe, 3, shiftRight(signed), x, pe.c32(32));
    const even = signed
      ? lanes(pe, 3, "shr_s", lanes(pe, 3, "shl", x, pe.c32(32)), pe.c32(32))
      : pe.op("v128.and", x, elements(pe, 3, 0xffffffff));
    return add(pe, 3, even, odd);
  };
}

/** A 16-byte table looked up by each byte's low and high four bits. */
function byNibbles(pe: Builder, v: Node, low: readonly number[], high: readonly number[]): [Node, Node] {
  const x = pe.let(v);
  return [
    pe.op("i8x16.swizzle", pe.c128(low), pe.op("v128.and", x, elements(pe, 0, 0x0f))),
    pe.op("i8x16.swizzle", pe.c128(high), pe.op("i8x16.shr_u", x, pe.c32(4))),
  ];
}

const nibbles = Array.from({ length: 16 }, (_, i) => i);

/** Leading zeros: of bytes from two tables, of wider elements from those of their halves. */
export const countLeadingZeros: Unary = (pe, size, a) => {
  if (size === 0) {
    const zerosOf = nibbles.map((n) => Math.clz32(n) - 28);
    const [low, high] = byNibbles(
      pe,
      a,
      zerosOf.map((n) => n + 4),
      zerosOf.map((n) => (n === 4 ? 8 : n)),
    );
    return pe.op("i8x16.min_u", low, high);
  }
  const half = elementBits(size) / 2;
  const counts = pe.let(countLeadingZeros(pe, size - 1, a));
  const upper = pe.let(lanes(pe, size, "shr_u", counts, pe.c32(half)));
  const lower = pe.op("v128.and", counts, elements(pe, size, half * 2 - 1));
  return add(pe, size, upper, pe.op("v128.and", lower, equal(pe, size, upper, elements(pe, size, half))));
};

/** Leading bits that equal the sign bit, not counting it. */
export const countLeadingSigns: Unary = (pe, size, a) => {
  const x = pe.let(a);
  const changes = pe.op("v128.xor", x, lanes(pe, size, "shr_s", x, pe.c32(1)));
  return add(pe, size, countLeadingZeros(pe, size, changes), ones(pe));
};

/** Bits of each byte in reverse order. */
export function reverseBits(pe: Builder, a: Node): Node {
  const reversed = nibbles.map((n) => ((n & 1) << 3) | ((n & 2) << 1) | ((n & 4) >> 1) | (n >> 3));
  const [low, high] = byNibbles(
    pe,
    a,
    reversed.map((n) => n << 4),
    reversed,
  );
  return pe.op("v128.or", low, high);
}

/** Four-way dot products of bytes, one in each word. */
export function dotProduct(signed: boolean): Ternary {
  return (pe, _size, a, b, d) => {
    const x = pe.let(a);
    const y = pe.let(b);
    const pairs = (half: string): Node =>
      addLongPairwise(signed)(pe, 1, pe.op(`i16x8.extmul_${half}_i8x16_${signed ? "s" : "u"}`, x, y));
    const low = pe.let(pairs("low"));
    const high = pe.let(pairs("high"));
    const even = pe.shuffle(low, high, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
    const odd = pe.shuffle(low, high, [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31]);
    return add(pe, 2, d, add(pe, 2, even, odd));
  };
}

/** Widening operations take their elements from the low (`upper` 0) or the high half. */
export type Widening = (pe: Builder, size: number, upper: number, a: Node, b: Node, d: Node) => Node;

/** Applies `operation` to both operands' elements, widened. */
export function widened(signed: boolean, operation: Binary): Widening {
  return (pe, size, upper, a, b) =>
    operation(pe, size + 1, extend(pe, size, upper, signed, a), extend(pe, size, upper, signed, b));
}

/** Absolute differences of widened elements: they fit as signed numbers, whatever the elements were. */
export function absoluteDifferenceLong(signed: boolean): Widening {
  return widened(signed, (pe, size, a, b) => lanes(pe, size, "abs", sub(pe, size, a, b)));
}
