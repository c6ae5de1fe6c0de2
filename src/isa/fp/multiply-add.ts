import { type Builder, type Node, type Routine, routine, type Type } from "../../ir/index.js";
import { bitsOf, fromBits } from "./access.js";
import { fastAnd, isFiniteNumber, isOrdinary, roundsToNearest, unless } from "./fast.js";
import { double, type Format, single } from "./soft/format.js";
import { softMultiplyAdd } from "./soft/fused.js";
import { fastOrdinary } from "./vector/shape.js";

/** The sum of two f64 and, exactly, what rounding took from it (Knuth's two-sum). */
function twoSum(pe: Builder, a: Node, b: Node): { sum: Node; error: Node } {
  const sum = pe.let(pe.op("f64.add", a, b));
  const virtual = pe.let(pe.op("f64.sub", sum, a));
  const left = pe.op("f64.sub", a, pe.op("f64.sub", sum, virtual));
  return { sum, error: pe.let(pe.op("f64.add", left, pe.op("f64.sub", b, virtual))) };
}

/** The two halves, of at most 26 bits each, of an f64 (Veltkamp). */
function splitHalves(pe: Builder, a: Node): { high: Node; low: Node } {
  const factor = pe.op("f64.reinterpret_i64", pe.c64(0x41a0_0000_0200_0000n)); // 2^27 + 1
  const scaled = pe.let(pe.op("f64.mul", a, factor));
  const high = pe.let(pe.op("f64.sub", scaled, pe.op("f64.sub", scaled, a)));
  return { high, low: pe.let(pe.op("f64.sub", a, high)) };
}

/**
 * addend + a * b in double precision with one rounding, by error-free transformations: the product and the sum's high
 * part exactly as pairs of doubles, the low parts added with rounding to odd, then one rounding to nearest (Boldo and
 * Melquiond, "Emulation of a FMA and correctly rounded sums", 2008). Most sums need less, and are tried first. Where exponents leave no room for that, or FPCR or
 * the result ask for more, the soft routine does it.
 */
function byErrorFreeTransformations(pe: Builder, addend: Node, a: Node, b: Node): void {
  const exponent = (x: Node): Node => pe.and(pe.shrU(bitsOf(pe, x), pe.c64(52)), pe.c64(2047));
  const product = pe.let(pe.op("f64.mul", a, b));
  const between = (x: Node, low: number, high: number): Node =>
    pe.ltU(pe.sub(exponent(x), pe.c64(low)), pe.c64(high - low));
  // Product between 2^-800 and 2^900; factors and addend below 2^990 (the addend may be zero or denormal).
  const room = pe.and(
    pe.and(between(product, 1023 - 800, 1023 + 900), pe.ltU(exponent(addend), pe.c64(1023 + 990))),
    pe.and(pe.ltU(exponent(a), pe.c64(1023 + 990)), pe.ltU(exponent(b), pe.c64(1023 + 990))),
  );
  pe.if(pe.and(roundsToNearest(pe), room), () => {
    const x = splitHalves(pe, a);
    const y = splitHalves(pe, b);
    const mul = (p: Node, q: Node): Node => pe.op("f64.mul", p, q);
    const add = (p: Node, q: Node): Node => pe.op("f64.add", p, q);
    const highest = pe.op("f64.sub", mul(x.high, y.high), product);
    const lowProduct = pe.let(add(add(add(highest, mul(x.high, y.low)), mul(x.low, y.high)), mul(x.low, y.low)));
    const zero = pe.op("f64.reinterpret_i64", pe.c64(0));
    pe.if(pe.readState("fpFast"), () => {
      // The sum is s + t + lowProduct, exactly. Adding t + lowProduct, rounded, to s gives the right result unless it lies
      // half-way between two numbers as far as that rounding shows: then what the last addition loses is a power of two.
      const s = twoSum(pe, product, addend);
      const correction = pe.let(add(s.error, lowProduct));
      const result = pe.let(add(s.sum, correction));
      const lost = pe.let(pe.op("f64.sub", correction, pe.op("f64.sub", result, s.sum)));
      const powerOfTwo = pe.eqz(pe.and(bitsOf(pe, lost), pe.c64(2n ** 52n - 1n)));
      const settled = pe.op("i32.or", pe.eqz(powerOfTwo), pe.op("f64.eq", lost, zero));
      pe.if(pe.and(settled, isOrdinary(pe, double, result)), () => pe.return(result));
    });
    const low = twoSum(pe, addend, lowProduct);
    const high = twoSum(pe, product, low.sum);
    const rest = twoSum(pe, low.error, high.error);
    // Rounding to odd: when inexact, of the two neighbours the one whose last bit is one.
    const bits = pe.let(bitsOf(pe, rest.sum));
    const inexact = pe.op("f64.ne", rest.error, zero);
    const even = pe.eqz(pe.and(bits, pe.c64(1)));
    const sameSign = pe.geU(pe.xor(pe.xor(bits, bitsOf(pe, rest.error)), pe.c64(-1)), pe.c64(-(2n ** 63n)));
    const step = pe.select(sameSign, pe.c64(1), pe.c64(-1));
    const moved = pe.add(bits, pe.select(pe.op("i32.and", inexact, even), step, pe.c64(0)));
    const result = twoSum(pe, high.sum, fromBits(pe, double, moved));
    const exact = pe.eqz(pe.op("i32.or", inexact, pe.op("f64.ne", result.error, zero)));
    const silent = pe.or(pe.readState("fpFast"), exact);
    pe.if(pe.and(isOrdinary(pe, double, result.sum), silent), () => pe.return(result.sum));
  });
  const zero = pe.op("f64.reinterpret_i64", pe.c64(0));
  const zeroFactor = pe.or(pe.op("f64.eq", a, zero), pe.op("f64.eq", b, zero));
  pe.if(pe.and(roundsToNearest(pe), zeroFactor), () => {
    const result = pe.let(pe.op("f64.add", product, addend));
    pe.if(isFiniteNumber(pe, double, result), () => pe.return(result));
  });
  const soft = pe.call(softMultiplyAdd.get(double)!, bitsOf(pe, addend), bitsOf(pe, a), bitsOf(pe, b));
  pe.return(fromBits(pe, double, soft));
}

const doubles: readonly Type[] = ["f64", "f64", "f64"];
const portableDouble = routine("FPMulAdd.d.portable", doubles, "f64", (pe, addend, a, b) => {
  byErrorFreeTransformations(pe, addend!, a!, b!);
});

/** addend + a * b in double precision, by the host where it has that. */
export const fusedDouble: Routine = routine(
  "FPMulAdd.d.fast",
  doubles,
  "f64",
  (pe, addend, a, b) => byErrorFreeTransformations(pe, addend!, a!, b!),
  routine("FPMulAdd.d.host", doubles, "f64", (pe, addend, a, b) => {
    const [x, y, z] = [a, b, addend].map((v) => pe.op("f64x2.splat", v!));
    const result = pe.let(pe.lane("f64x2.extract_lane", 0, pe.op("f64x2.relaxed_madd", x!, y!, z!)));
    pe.if(fastAnd(pe, isOrdinary(pe, double, result)), () => pe.return(result));
    pe.return(pe.call(portableDouble, addend!, a!, b!));
  }),
);

const vectors: readonly Type[] = ["v128", "v128", "v128"];

/** {@link fusedDouble} of both lanes, one after the other. */
function eachLane(pe: Builder, addend: Node, a: Node, b: Node): void {
  const lane = (i: number): Node =>
    pe.call(portableDouble, ...[addend, a, b].map((v) => pe.lane("f64x2.extract_lane", i, v)));
  pe.return(pe.lane("f64x2.replace_lane", 1, pe.op("f64x2.splat", lane(0)), lane(1)));
}

/** addend + a * b of two pairs of doubles. */
export const fusedDoubles: Routine = routine(
  "FPMulAdd.2d.fast",
  vectors,
  "v128",
  (pe, addend, a, b) => eachLane(pe, addend!, a!, b!),
  routine("FPMulAdd.2d.host", vectors, "v128", (pe, addend, a, b) => {
    const result = pe.let(pe.op("f64x2.relaxed_madd", a!, b!, addend!));
    pe.if(fastOrdinary(pe, double, result), () => pe.return(result));
    eachLane(pe, addend!, a!, b!);
  }),
);

/** A single precision sum that is exact raises nothing; this finds those that the fast path doesn't accept. */
export const carefulSingle: Routine = routine("FPMulAdd.s.careful", ["i64", "i64", "i64"], "i64", (pe, z, x, y) => {
  pe.if(roundsToNearest(pe), () => {
    const [addend, a, b] = [z, x, y].map((v) => pe.op("f64.promote_f32", fromBits(pe, single, v)));
    const { sum, error } = twoSum(pe, pe.let(pe.op("f64.mul", a!, b!)), pe.let(addend!));
    const r = pe.let(pe.op("f32.demote_f64", sum));
    const zero = pe.op("f64.reinterpret_i64", pe.c64(0));
    const exact = pe.op("i32.and", pe.op("f64.eq", error, zero), pe.op("f64.eq", pe.op("f64.promote_f32", r), sum));
    pe.if(pe.and(isFiniteNumber(pe, single, r), exact), () => pe.return(bitsOf(pe, r)));
  });
  pe.return(pe.call(softMultiplyAdd.get(single)!, z, x, y));
});

/**
 * addend + a * b with one rounding, of f32 or f64 that are let values.
 *
 * A product of two f32 is exact in double precision, so the sum is rounded there and once more to single precision.
 * Rounding twice goes wrong only where the first rounding gives what lies half-way between two f32.
 */
export function multiplyAdd(pe: Builder, f: Format, addend: Node, a: Node, b: Node): Node {
  if (f === double) return pe.call(fusedDouble, addend, a, b);
  const wide = (x: Node): Node => pe.op("f64.promote_f32", x);
  const sum = pe.let(pe.op("f64.add", pe.op("f64.mul", wide(a), wide(b)), wide(addend)));
  const belowSingle = pe.and(pe.low32(bitsOf(pe, sum)), pe.c32(0x1fff_ffff));
  const acceptable = (r: Node): Node =>
    fastAnd(pe, pe.and(isOrdinary(pe, single, r), pe.ne(belowSingle, pe.c32(0x1000_0000))));
  const value = pe.op("f32.demote_f64", sum);
  return unless(pe, f, acceptable, value, carefulSingle, [addend, a, b]);
}
