import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpsr } from "../fp-fast.js";
import {
  double,
  type Format,
  formats,
  isAnyNaN,
  isInfinity,
  isZero,
  magnitudeOf,
  pattern,
  patterns,
  signed,
  signOf,
  single,
} from "./format.js";
import { returnNaNs } from "./nan.js";
import { roundsUp } from "./round.js";
import { input, raise } from "./status.js";

/** |x| * 2^scale split at the binary point: whole (i64), what is below, and half a unit in the same measure. */
interface Split {
  readonly whole: Node;
  readonly low: Node;
  readonly tie: Node;
  /** i32: the number doesn't fit in 64 bits, and `whole` means nothing. */
  readonly huge: Node;
}

/** Splits a finite number. `scale` is an i32. */
function split(pe: Builder, f: Format, x: Node, scale: Node): Split {
  const { fraction } = patterns(f);
  const F = f.fractionBits;
  const magnitude = pe.let(magnitudeOf(pe, f, x));
  const biased = pe.let(pe.low32(pe.shrU(magnitude, pe.c64(F))));
  const denormal = pe.eqz(biased);
  const significand = pe.let(
    pe.or(pe.and(magnitude, pattern(pe, fraction)), pe.select(denormal, pe.c64(0), pattern(pe, fraction + 1n))),
  );
  // Worth of the significand's lowest bit.
  const exponent = pe.let(pe.add(pe.sub(pe.select(denormal, pe.c32(1), biased), pe.c32(f.bias + F)), scale));
  const left = pe.gtS(exponent, pe.c32(-1));
  const capped = pe.select(pe.ltS(exponent, pe.c32(-(F + 2))), pe.c32(F + 2), pe.sub(pe.c32(0), exponent));
  const right = pe.let(pe.zeroExtend(capped));
  const isLeft = pe.let(left);
  const wide = pe.zeroExtend(exponent);
  const tie = pe.let(pe.select(isLeft, pe.c64(1), pe.shl(pe.c64(1), pe.sub(right, pe.c64(1)))));
  const mask = pe.sub(pe.shl(tie, pe.c64(1)), pe.c64(1));
  return {
    whole: pe.let(pe.select(isLeft, pe.shl(significand, wide), pe.shrU(significand, right))),
    low: pe.let(pe.select(isLeft, pe.c64(0), pe.and(significand, mask))),
    tie,
    huge: pe.let(pe.and(pe.ne(significand, pe.c64(0)), pe.gtS(exponent, pe.c32(63 - F)))),
  };
}

/** `whole` (i64, nonzero, at most 2^63) as a number of format `f`, in which it is exact. */
function fromWhole(pe: Builder, f: Format, sign: Node, whole: Node): Node {
  const F = f.fractionBits;
  const position = pe.let(pe.sub(pe.c64(63), pe.op("i64.clz", whole)));
  const aligned = pe.shrU(pe.shl(whole, pe.op("i64.clz", whole)), pe.c64(63 - F));
  // The implicit bit adds one to the exponent.
  const magnitude = pe.add(pe.shl(pe.add(position, pe.c64(f.bias - 1)), pe.c64(F)), aligned);
  return pe.or(magnitude, signed(pe, f, sign, 0n));
}

/** FPRoundInt: operands x, rounding mode (i32: FPCR's, or 4 for ties away), and whether inexact results are flagged. */
export const softRoundIntegral: ReadonlyMap<Format, Routine> = new Map(
  formats.map((f) => [
    f,
    routine(`FPRoundInt.${f.letter}`, ["i64", "i32", "i32"], "i64", (pe, x, mode, exact) => {
      const a = input(pe, f, x);
      returnNaNs(pe, f, [a]);
      const exponent = pe.low32(pe.shrU(magnitudeOf(pe, f, a), pe.c64(f.fractionBits)));
      const integral = pe.gtS(exponent, pe.c32(f.bias + f.fractionBits - 1));
      pe.if(pe.or(integral, isZero(pe, f, a)), () => pe.return(a));
      const sign = pe.let(signOf(pe, f, a));
      const { whole, low, tie } = split(pe, f, a, pe.c32(0));
      const odd = pe.low32(pe.and(whole, pe.c64(1)));
      const up = roundsUp(pe, mode, sign, low, tie, odd);
      const rounded = pe.let(pe.add(whole, pe.zeroExtend(up)));
      pe.if(pe.and(exact, pe.ne(low, pe.c64(0))), () => raise(pe, Fpsr.ixc));
      pe.if(pe.eqz(rounded), () => pe.return(signed(pe, f, sign, 0n)));
      pe.return(fromWhole(pe, f, sign, rounded));
    }),
  ]),
);

/** FPRoundIntN: operands x, rounding mode, size of the integer (i32: 32 or 64). What doesn't fit is the least integer. */
export const softRoundIntegralN: ReadonlyMap<Format, Routine> = new Map(
  [single, double].map((f) => [
    f,
    routine(`FPRoundIntN.${f.letter}`, ["i64", "i32", "i32"], "i64", (pe, x, mode, size) => {
      const a = input(pe, f, x);
      const outside = (): void => {
        raise(pe, Fpsr.ioc);
        const exponent = pe.zeroExtend(pe.add(size, pe.c32(f.bias - 1)));
        pe.return(pe.or(pe.shl(exponent, pe.c64(f.fractionBits)), pattern(pe, patterns(f).sign)));
      };
      pe.if(pe.or(isAnyNaN(pe, f, a), isInfinity(pe, f, a)), outside);
      pe.if(isZero(pe, f, a), () => pe.return(a));
      const sign = pe.let(signOf(pe, f, a));
      const { whole, low, tie, huge } = split(pe, f, a, pe.c32(0));
      pe.if(huge, outside);
      const odd = pe.low32(pe.and(whole, pe.c64(1)));
      const rounded = pe.let(pe.add(whole, pe.zeroExtend(roundsUp(pe, mode, sign, low, tie, odd))));
      const half = pe.shl(pe.c64(1), pe.zeroExtend(pe.sub(size, pe.c32(1))));
      const largest = pe.sub(half, pe.zeroExtend(pe.eqz(sign)));
      pe.if(pe.gtU(rounded, largest), outside);
      pe.if(pe.ne(low, pe.c64(0)), () => raise(pe, Fpsr.ixc));
      pe.if(pe.eqz(rounded), () => pe.return(signed(pe, f, sign, 0n)));
      pe.return(fromWhole(pe, f, sign, rounded));
    }),
  ]),
);

/**
 * FPToFixed: operands x, fraction bits (i32), rounding mode, whether unsigned, width of the result (i32: 16, 32 or 64).
 * The result is an i64 whose bits above the width mean nothing.
 */
export const softToFixed: ReadonlyMap<Format, Routine> = new Map(
  formats.map((f) => [
    f,
    routine(
      `FPToFixed.${f.letter}`,
      ["i64", "i32", "i32", "i32", "i32"],
      "i64",
      (pe, x, fbits, mode, unsigned, width) => {
        const a = input(pe, f, x);
        pe.if(isAnyNaN(pe, f, a), () => {
          raise(pe, Fpsr.ioc);
          pe.return(pe.c64(0));
        });
        const sign = pe.let(signOf(pe, f, a));
        const { whole, low, tie, huge } = split(pe, f, a, fbits);
        const odd = pe.low32(pe.and(whole, pe.c64(1)));
        const up = roundsUp(pe, mode, sign, low, tie, odd);
        const rounded = pe.let(pe.add(whole, pe.zeroExtend(up)));
        // Largest magnitude that fits: all ones when unsigned, else 2^(width - 1), less one for positive numbers.
        const ones = pe.shrU(pe.c64(-1), pe.zeroExtend(pe.sub(pe.c32(64), width)));
        const unsignedLimit = pe.select(sign, pe.c64(0), ones);
        const signedLimit = pe.add(pe.shrU(ones, pe.c64(1)), pe.zeroExtend(sign));
        const limit = pe.let(pe.select(unsigned, unsignedLimit, signedLimit));
        const outside = pe.or(pe.or(huge, isInfinity(pe, f, a)), pe.gtU(rounded, limit));
        const magnitude = pe.variable(rounded);
        pe.if(
          outside,
          () => {
            raise(pe, Fpsr.ioc);
            magnitude.set(limit);
          },
          () => {
            pe.if(pe.ne(low, pe.c64(0)), () => raise(pe, Fpsr.ixc));
          },
        );
        pe.return(pe.select(sign, pe.sub(pe.c64(0), magnitude.get()), magnitude.get()));
      },
    ),
  ]),
);

/**
 * FPToFixedJS: the low 32 bits of the integer part of a double, and in bit 32 whether it is exactly that (the Z flag).
 */
export const softToInt32JavaScript: Routine = routine("FPToFixedJS", ["i64"], "i64", (pe, x) => {
  const f = double;
  const a = input(pe, f, x);
  pe.if(pe.or(isAnyNaN(pe, f, a), isInfinity(pe, f, a)), () => {
    raise(pe, Fpsr.ioc);
    pe.return(pe.c64(0));
  });
  const sign = pe.let(signOf(pe, f, a));
  const { whole, low, huge } = split(pe, f, a, pe.c32(0));
  // Above 2^64, shifted-out bits are none of the 32 that are wanted, but a shift by 64 or more gives zero.
  const exponent = pe.low32(pe.shrU(magnitudeOf(pe, f, a), pe.c64(52)));
  const integer = pe.let(pe.select(pe.gtS(exponent, pe.c32(f.bias + 52 + 63)), pe.c64(0), whole));
  const limit = pe.add(pe.c64(0x7fff_ffff), pe.zeroExtend(sign));
  const outside = pe.let(pe.or(huge, pe.gtU(integer, limit)));
  const inexact = pe.let(pe.ne(low, pe.c64(0)));
  pe.if(
    outside,
    () => raise(pe, Fpsr.ioc),
    () => {
      pe.if(inexact, () => raise(pe, Fpsr.ixc));
    },
  );
  // Minus zero, and a denormal that was flushed, are not exact either.
  const wasZero = pe.and(isZero(pe, f, a), pe.ne(x, pe.c64(0)));
  const exact = pe.eqz(pe.or(pe.or(outside, inexact), wasZero));
  const result = pe.select(sign, pe.sub(pe.c64(0), integer), integer);
  pe.return(pe.or(pe.and(result, pe.c64(0xffff_ffff)), pe.shl(pe.zeroExtend(exact), pe.c64(32))));
});
