import type { Builder, Node } from "../../../ir/index.js";
import { family, zeroDifferenceSign } from "./arithmetic.js";
import {
  type Format,
  isAnyNaN,
  isInfinity,
  isSignalling,
  isZero,
  pattern,
  patterns,
  signed,
  signOf,
  unpack,
} from "./format.js";
import { returnInvalid, returnNaNs } from "./nan.js";
import { round } from "./round.js";
import { input } from "./status.js";
import { addWide, lessWide, multiplyWide, shiftRightJamWide, subtractWide, type Wide } from "./wide.js";

/**
 * addend + a * b with one rounding, of operands that are finite and not NaNs, a and b not zero; the result's exponent
 * is lowered by `halvings`.
 */
function fuse(pe: Builder, f: Format, addend: Node, a: Node, b: Node, halvings: number): void {
  const m = unpack(pe, f, a);
  const n = unpack(pe, f, b);
  const sign = pe.let(pe.xor(m.sign, n.sign));
  const productExponent = pe.let(pe.add(m.exponent, n.exponent));
  const product = multiplyWide(pe, m.significand, n.significand);
  // Both as 128-bit numbers / 2^124 * 2^exponent.
  const finish = (resultSign: Node, exponent: Node, value: Wide): void => {
    const high = pe.variable(value.high);
    const low = pe.variable(value.low);
    const e = pe.variable(exponent);
    pe.if(pe.eqz(high.get()), () => {
      high.set(low.get());
      low.set(pe.c64(0));
      e.set(pe.sub(e.get(), pe.c32(64)));
    });
    // Highest one to bit 126. Here it is at most bit 126, unless the high half was empty.
    const zeros = pe.let(pe.op("i64.clz", high.get()));
    pe.if(pe.eqz(zeros), () => {
      const lost = pe.or(pe.and(high.get(), pe.c64(1)), pe.zeroExtend(pe.ne(low.get(), pe.c64(0))));
      const significand = pe.let(pe.or(pe.shrU(high.get(), pe.c64(1)), lost));
      pe.return(round(pe, f, resultSign, pe.sub(pe.add(e.get(), pe.c32(3)), pe.c32(halvings)), significand));
    });
    const left = pe.let(pe.sub(zeros, pe.c64(1)));
    const carried = pe.shrU(pe.shrU(low.get(), pe.sub(pe.c64(63), left)), pe.c64(1));
    const sticky = pe.zeroExtend(pe.ne(pe.shl(low.get(), left), pe.c64(0)));
    const significand = pe.let(pe.or(pe.or(pe.shl(high.get(), left), carried), sticky));
    const resultExponent = pe.sub(pe.add(e.get(), pe.c32(2 - halvings)), pe.low32(left));
    pe.return(round(pe, f, resultSign, resultExponent, significand));
  };
  pe.if(isZero(pe, f, addend), () => finish(sign, productExponent, product));
  const c = unpack(pe, f, addend);
  const wideAddend: Wide = {
    high: pe.let(pe.shrU(c.significand, pe.c64(2))),
    low: pe.let(pe.shl(c.significand, pe.c64(62))),
  };
  const difference = pe.let(pe.op("i64.extend_i32_s", pe.sub(productExponent, c.exponent)));
  const productLarger = pe.gtS(difference, pe.c64(0));
  const zero = pe.c64(0);
  const p = shiftRightJamWide(pe, product, pe.let(pe.select(productLarger, zero, pe.sub(zero, difference))));
  const q = shiftRightJamWide(pe, wideAddend, pe.let(pe.select(productLarger, difference, zero)));
  const exponent = pe.let(pe.select(productLarger, productExponent, c.exponent));
  pe.if(pe.eq(sign, c.sign), () => finish(sign, exponent, addWide(pe, p, q)));
  const less = pe.let(lessWide(pe, p, q));
  const pick = (x: Node, y: Node): Node => pe.let(pe.select(less, x, y));
  const larger: Wide = { high: pick(q.high, p.high), low: pick(q.low, p.low) };
  const smaller: Wide = { high: pick(p.high, q.high), low: pick(p.low, q.low) };
  const result = subtractWide(pe, larger, smaller);
  pe.if(pe.eqz(pe.or(result.high, result.low)), () => pe.return(signed(pe, f, zeroDifferenceSign(pe), 0n)));
  finish(pick(c.sign, sign), exponent, result);
}

/** FPMulAdd: addend + a * b. */
function multiplyAdd(pe: Builder, f: Format, x: Node, y: Node, z: Node): void {
  const infinity = patterns(f).infinity;
  const addend = input(pe, f, x);
  const a = input(pe, f, y);
  const b = input(pe, f, z);
  const invalidProduct = pe.let(
    pe.or(pe.and(isInfinity(pe, f, a), isZero(pe, f, b)), pe.and(isZero(pe, f, a), isInfinity(pe, f, b))),
  );
  returnNaNs(pe, f, [addend, a, b], () => {
    const quiet = pe.and(isAnyNaN(pe, f, addend), pe.eqz(isSignalling(pe, f, addend)));
    pe.if(pe.and(quiet, invalidProduct), () => returnInvalid(pe, f));
  });
  const sign = pe.let(pe.xor(signOf(pe, f, a), signOf(pe, f, b)));
  const differ = pe.let(pe.xor(sign, signOf(pe, f, addend)));
  const infiniteProduct = pe.let(pe.or(isInfinity(pe, f, a), isInfinity(pe, f, b)));
  const infiniteAddend = pe.let(isInfinity(pe, f, addend));
  pe.if(pe.or(invalidProduct, pe.and(pe.and(infiniteAddend, infiniteProduct), differ)), () => returnInvalid(pe, f));
  pe.if(infiniteAddend, () => pe.return(addend));
  pe.if(infiniteProduct, () => pe.return(signed(pe, f, sign, infinity)));
  pe.if(pe.or(isZero(pe, f, a), isZero(pe, f, b)), () => {
    pe.if(isZero(pe, f, addend), () => {
      pe.return(signed(pe, f, pe.select(differ, zeroDifferenceSign(pe), sign), 0n));
    });
    const c = unpack(pe, f, addend);
    pe.return(round(pe, f, c.sign, c.exponent, c.significand));
  });
  fuse(pe, f, addend, a, b, 0);
}

/** FPRecipStepFused (2 - a * b) and FPRSqrtStepFused ((3 - a * b) / 2): infinity times zero counts as zero. */
function step(pe: Builder, f: Format, x: Node, y: Node, root: boolean): void {
  const p = patterns(f);
  const F = BigInt(f.fractionBits);
  const two = BigInt(f.bias + 1) << F;
  const three = two | (1n << (F - 1n));
  const oneAndHalf = (BigInt(f.bias) << F) | (1n << (F - 1n));
  const a = input(pe, f, pe.let(pe.xor(x, pattern(pe, p.sign))));
  const b = input(pe, f, y);
  returnNaNs(pe, f, [a, b]);
  const infinite = pe.let(pe.or(isInfinity(pe, f, a), isInfinity(pe, f, b)));
  const sign = pe.let(pe.xor(signOf(pe, f, a), signOf(pe, f, b)));
  pe.if(pe.or(isZero(pe, f, a), isZero(pe, f, b)), () => pe.return(pattern(pe, root ? oneAndHalf : two)));
  pe.if(infinite, () => pe.return(signed(pe, f, sign, p.infinity)));
  fuse(pe, f, pattern(pe, root ? three : two), a, b, root ? 1 : 0);
}

/** Operands: addend, a, b. */
export const softMultiplyAdd = family("FPMulAdd", 3, (pe, f, c, a, b) => multiplyAdd(pe, f, c!, a!, b!));
export const softReciprocalStep = family("FPRecipStepFused", 2, (pe, f, a, b) => step(pe, f, a!, b!, false));
export const softRootStep = family("FPRSqrtStepFused", 2, (pe, f, a, b) => step(pe, f, a!, b!, true));
