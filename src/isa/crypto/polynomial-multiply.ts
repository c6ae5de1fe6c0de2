import { type Builder, type Node, routine, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { vectorName } from "../simd/text.js";
import { extend } from "../simd/vector.js";

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
 * Product of two polynomials of degree below 32. Integer multiplication of operands that have only every fourth bit
 * sums at most eight bits at each place, so that carries never reach the next place that counts.
 */
function multiplyWords(pe: Builder, a: Node, b: Node): Node {
  const everyFourth = 0x1111_1111n;
  const classes = (v: Node): Node[] => [0n, 1n, 2n, 3n].map((i) => pe.let(pe.and(v, pe.c64(everyFourth << i))));
  const x = classes(a);
  const y = classes(b);
  const sums = [0, 1, 2, 3].map((k) => {
    const products = [0, 1, 2, 3].map((i) => pe.mul(x[i]!, y[(k - i) & 3]!));
    const mask = BigInt.asIntN(64, 0x1111_1111_1111_1111n << BigInt(k));
    return pe.and(
      products.reduce((s, p) => pe.xor(s, p)),
      pe.c64(mask),
    );
  });
  return pe.let(sums.reduce((s, p) => pe.or(s, p)));
}

/** Product of two polynomials of degree below 64, from three of half the length (Karatsuba). */
const multiplyDoublewords = routine("PolynomialMult.64", ["i64", "i64"], "v128", (pe, a, b) => {
  const lowWord = (v: Node): Node => pe.let(pe.and(v, pe.c64(0xffff_ffff)));
  const highWord = (v: Node): Node => pe.let(pe.shrU(v, pe.c64(32)));
  const [a0, a1, b0, b1] = [lowWord(a!), highWord(a!), lowWord(b!), highWord(b!)];
  const low = multiplyWords(pe, a0, b0);
  const high = multiplyWords(pe, a1, b1);
  const sums = multiplyWords(pe, pe.let(pe.xor(a0, a1)), pe.let(pe.xor(b0, b1)));
  const middle = pe.let(pe.xor(sums, pe.xor(low, high)));
  const lower = pe.op("i64x2.splat", pe.xor(low, pe.shl(middle, pe.c64(32))));
  pe.return(pe.lane("i64x2.replace_lane", 1, lower, pe.xor(high, pe.shrU(middle, pe.c64(32)))));
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
