import type { Builder, Node } from "../../ir/index.js";

/** WebAssembly's lane shapes by element size (0 byte, 1 halfword, 2 word, 3 doubleword). */
export const shapes = ["i8x16", "i16x8", "i32x4", "i64x2"] as const;

/** Name of lane operation `operation` for elements of `size`. */
export function laneOperation(size: number, operation: string): string {
  return `${shapes[size]!}.${operation}`;
}

/** `operation` applied to every element of `size`. */
export function lanes(pe: Builder, size: number, operation: string, ...args: Node[]): Node {
  return pe.op(`${shapes[size]!}.${operation}`, ...args);
}

/** Bits of an element. */
export function elementBits(size: number): number {
  return 8 << size;
}

/** All 128 bits zero. */
export function zeros(pe: Builder): Node {
  return pe.c128(new Uint8Array(16));
}

/** All 128 bits one. */
export function ones(pe: Builder): Node {
  return pe.c128(new Uint8Array(16).fill(0xff));
}

/** The constant whose elements of `size` all are `value` (modulo the element's width). */
export function elements(pe: Builder, size: number, value: number | bigint): Node {
  const bytes = new Uint8Array(16);
  const element = BigInt.asUintN(elementBits(size), BigInt(value));
  for (let i = 0; i < 16; i++) bytes[i] = Number((element >> BigInt((i % (1 << size)) * 8)) & 0xffn);
  return pe.c128(bytes);
}

/** Each element's sign bit. */
export function signBits(pe: Builder, size: number): Node {
  return elements(pe, size, 1n << BigInt(elementBits(size) - 1));
}

/** The largest signed value in each element. */
export function signedMaxima(pe: Builder, size: number): Node {
  return elements(pe, size, (1n << BigInt(elementBits(size) - 1)) - 1n);
}

/** Bytes 0..n-1. */
export function upTo(n: number, first = 0): number[] {
  return Array.from({ length: n }, (_, i) => first + i);
}

const lowHalves = [...upTo(8), ...upTo(8, 16)];

/** The low halves of a and b, a's first. */
export function joinLow(pe: Builder, a: Node, b: Node): Node {
  return pe.shuffle(a, b, lowHalves);
}

/** `v` with its upper 64 bits zero: engines have one instruction for this shuffle with zero. */
export function lowHalf(pe: Builder, v: Node): Node {
  return pe.shuffle(v, zeros(pe), lowHalves);
}

/** What a vector of 64 (Q = 0) or 128 bits (Q = 1) leaves in its register. */
export function vectorOf(pe: Builder, Q: number, v: Node): Node {
  return Q ? v : lowHalf(pe, v);
}

/** `v` with all but its lowest element zero. */
export function lowElement(pe: Builder, size: number, v: Node): Node {
  if (size === 3) return lowHalf(pe, v);
  return pe.op("v128.and", v, pe.c128(upTo(16).map((i) => (i < 1 << size ? 0xff : 0))));
}

/** A vector whose lowest bits are `value` (i32 or i64) and the rest zero. */
export function fromScalar(pe: Builder, value: Node): Node {
  return pe.lane(`${value.type === "i64" ? "i64x2" : "i32x4"}.replace_lane`, 0, zeros(pe), value);
}

/** Joins two doublewords. */
export function fromDoublewords(pe: Builder, low: Node, high: Node): Node {
  return pe.lane("i64x2.replace_lane", 1, pe.op("i64x2.splat", low), high);
}

/** Element `index` of `size` in all elements. */
export function splatElement(pe: Builder, size: number, v: Node, index: number): Node {
  const bytes = 1 << size;
  const value = pe.let(v);
  return pe.shuffle(
    value,
    value,
    upTo(16).map((i) => index * bytes + (i % bytes)),
  );
}

/** Byte numbers of the elements `indices` of `size`. */
export function elementBytes(size: number, indices: readonly number[]): number[] {
  return indices.flatMap((i) => upTo(1 << size, i << size));
}

/**
 * The even (`part` 0) or odd (`part` 1) elements of a, then of b. With Q = 0 only the low halves take part, and the
 * upper half of the result is arbitrary.
 */
export function unzip(pe: Builder, size: number, Q: number, part: number, a: Node, b: Node): Node {
  if (!Q) {
    const joined = pe.let(joinLow(pe, a, b));
    return unzip(pe, size, 1, part, joined, joined);
  }
  if (size === 0 && part === 0) {
    // Cheaper than the shuffle on x86: saturation has nothing to do where the upper bytes are zero.
    const even = (v: Node): Node => pe.op("v128.and", v, elements(pe, 1, 0x00ff));
    return pe.op("i8x16.narrow_i16x8_u", even(a), even(b));
  }
  const indices = upTo(16 >> size).map((i) => 2 * i + part);
  return pe.shuffle(a, b, elementBytes(size, indices));
}

/** The lower (`part` 0) or upper (`part` 1) elements of a and b in alternation; for Q = 0 as {@link unzip}. */
export function zip(pe: Builder, size: number, Q: number, part: number, a: Node, b: Node): Node {
  if (!Q && part === 1) {
    const all = pe.let(zip(pe, size, 1, 0, a, b));
    return pe.shuffle(all, all, [...upTo(8, 8), ...upTo(8, 8)]);
  }
  const count = 16 >> size;
  const indices = upTo(count).map((i) => (part * count) / 2 + (i >> 1) + (i & 1 ? count : 0));
  return pe.shuffle(a, b, elementBytes(size, indices));
}

/** The even (`part` 0) or odd elements of a, each followed by b's; for Q = 0 as {@link unzip}. */
export function transpose(pe: Builder, size: number, _Q: number, part: number, a: Node, b: Node): Node {
  const count = 16 >> size;
  const indices = upTo(count).map((i) => (i & ~1) + part + (i & 1 ? count : 0));
  return pe.shuffle(a, b, elementBytes(size, indices));
}

/** Widens the low (`upper` 0) or high half's elements of `size` to twice their size. */
export function extend(pe: Builder, size: number, upper: number, signed: boolean, v: Node): Node {
  return lanes(pe, size + 1, `extend_${upper ? "high" : "low"}_${shapes[size]!}_${signed ? "s" : "u"}`, v);
}

/** Products, twice as wide, of the low or high half's elements of `size`. */
export function extendMultiply(pe: Builder, size: number, upper: number, signed: boolean, a: Node, b: Node): Node {
  return lanes(pe, size + 1, `extmul_${upper ? "high" : "low"}_${shapes[size]!}_${signed ? "s" : "u"}`, a, b);
}

/** FPSR.QC. */
export const fpsrQC = 1 << 27;

/** Sets FPSR.QC when any bit of `saturated` is set. */
export function setSaturated(pe: Builder, saturated: Node): void {
  pe.ifUnlikely(pe.op("v128.any_true", saturated), () => {
    pe.writeState("fpsr", pe.or(pe.readState("fpsr"), pe.c32(fpsrQC)));
  });
}

/** A result, and a vector that isn't zero when some element was saturated. */
export interface Saturating {
  readonly value: Node;
  readonly saturated: Node;
}
