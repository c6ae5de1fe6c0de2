import { type Builder, type Node, routine, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { reverseBits } from "../simd/elementwise.js";
import { vectorName } from "../simd/text.js";
import { extend, fromDoublewords, upTo } from "../simd/vector.js";

/** Products of polynomials over {0, 1}: eight of bytes, each zero-extended to a halfword. */
const multiplyBytes = routine("PolynomialMult.8", ["v128", "v128"], "v128", (pe, a, b) => {
  // Adds a << k for each bit k of b, from the top: b is moved up so that its bit 7 is the halfword's sign.
  let bits = pe.let(pe.op("i16x8.shl", b!, pe.c32(8)));
  let sum: Node | undefined;
  for (let k = 7; k >= 0; k--) {
    const term = pe.op("v128.and", a!, pe.op("i16x8.shr_s", bits, pe.c32(15)));
    sum = pe.let(sum ? pe.op("v128.xor", pe.op("i16x8.add", sum, sum), term) : term);
    bits = pe.let(pe.op("i16x8.add", bits, bits));
  }
  pe.return(sum!);
});

/**
 * Low 64 bits of the product of two polynomials of degree below 64. Integer multiplication of operands that have only
 * every fourth bit sums at most 15 bits at each place but the last, so that carries never reach a place that counts.
 */
function multiplyLow(pe: Builder, a: Node, b: Node): Node {
  const masks = [0n, 1n, 2n, 3n].map((i) => pe.c64(BigInt.asIntN(64, 0x1111_1111_1111_1111n << i)));
  const x = masks.map((mask) => pe.let(pe.and(a, mask)));
  const y = masks.map((mask) => pe.let(pe.and(b, mask)));
  const sums = masks.map((mask, k) => {
    const products = masks.map((_, i) => pe.mul(x[i]!, y[(k - i) & 3]!));
    return pe.and(
      products.reduce((s, p) => pe.xor(s, p)),
      mask,
    );
  });
  return sums.reduce((s, p) => pe.or(s, p));
}

/** The bits of each doubleword in reverse order. */
function reverseDoublewords(pe: Builder, v: Node): Node {
  const bytes = pe.let(reverseBits(pe, v));
  return pe.shuffle(
    bytes,
    bytes,
    upTo(16).map((i) => i ^ 7),
  );
}

/** Product of two polynomials of degree below 64: its upper half is a low half too, read from the other end. */
const multiplyDoublewords = routine("PolynomialMult.64", ["i64", "i64"], "v128", (pe, a, b) => {
  const low = pe.let(multiplyLow(pe, a!, b!));
  const reversed = pe.let(reverseDoublewords(pe, fromDoublewords(pe, a!, b!)));
  const part = (i: number): Node => pe.let(pe.lane("i64x2.extract_lane", i, reversed));
  const mirrored = pe.op("i64x2.splat", multiplyLow(pe, part(0), part(1)));
  const high = pe.op("i64x2.shr_u", reverseDoublewords(pe, mirrored), pe.c32(1));
  pe.return(pe.lane("i64x2.replace_lane", 0, high, low));
});

export const polynomialMultiply = instructions("Advanced SIMD three different, polynomial", [
  define("PMULL/PMULL2 (8-bit)", "0 Q 00111000 1 Rm 1110 00 Rn Rd", {
    simd: true,
    statics: ["Q"],
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, { Q }, { d, n, m }) => {
      const half = (v: Node): Node => extend(pe, 0, Q, false, v);
      pe.writeV(d, pe.call(multiplyBytes, half(pe.readV(n)), half(pe.readV(m))));
    },
    assembly: (f) => {
      const registers = `${vectorName(1, 1, f.Rd!)}, ${vectorName(0, f.Q!, f.Rn!)}, ${vectorName(0, f.Q!, f.Rm!)}`;
      return `pmull${f.Q ? "2" : ""}\t${registers}`;
    },
  }),
  define("PMULL/PMULL2 (64-bit)", "0 Q 00111011 1 Rm 1110 00 Rn Rd", {
    simd: true,
    feature: "FEAT_PMULL",
    statics: ["Q"],
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, { Q }, { d, n, m }) => {
      const half = (v: Node): Node => pe.lane("i64x2.extract_lane", Q, v);
      pe.writeV(d, pe.call(multiplyDoublewords, half(pe.readV(n)), half(pe.readV(m))));
    },
    assembly: (f) => {
      const registers = `${vectorName(3, f.Q!, f.Rn!)}, ${vectorName(3, f.Q!, f.Rm!)}`;
      return `pmull${f.Q ? "2" : ""}\tv${f.Rd}.1q, ${registers}`;
    },
  }),
]);
