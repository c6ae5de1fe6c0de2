import type { Builder, Node } from "../../../ir/index.js";
import { Fpcr, Fpsr } from "../fp-fast.js";
import { family } from "./arithmetic.js";
import {
  type Format,
  half,
  isAnyNaN,
  isInfinity,
  isZero,
  magnitudeOf,
  pattern,
  patterns,
  signed,
  signOf,
} from "./format.js";
import { processNaN, returnInvalid, returnNaNs } from "./nan.js";
import { input, Rounding, raise, roundingMode } from "./status.js";

/** RecipEstimate: a in 256..511 (i64), the result in 256..511. */
export function reciprocalEstimate(pe: Builder, a: Node): Node {
  const doubled = pe.add(pe.shl(a, pe.c64(1)), pe.c64(1));
  const b = pe.op("i64.div_u", pe.c64(1 << 19), doubled);
  return pe.let(pe.shrU(pe.add(b, pe.c64(1)), pe.c64(1)));
}

/**
 * RecipSqrtEstimate: a in 128..511 (i64), the result in 256..511. The architecture counts b up from 512 while
 * a * (b + 1)^2 < 2^28; that is where b + 1 reaches 2^14 / sqrt(a).
 */
export function rootEstimate(pe: Builder, a: Node): Node {
  const one = pe.c64(1);
  const scaled = pe.select(
    pe.ltU(a, pe.c64(256)),
    pe.add(pe.shl(a, one), one),
    pe.shl(pe.add(pe.shl(pe.shrU(a, one), one), one), one),
  );
  const root = pe.op("f64.sqrt", pe.op("f64.convert_i64_u", scaled));
  const limit = pe.op("f64.div", pe.op("f64.convert_i64_u", pe.c64(1 << 14)), root);
  const b = pe.let(pe.sub(pe.op("i64.trunc_sat_f64_u", pe.op("f64.ceil", limit)), one));
  const atLeast = pe.select(pe.ltU(b, pe.c64(512)), pe.c64(512), b);
  return pe.let(pe.shrU(pe.add(atLeast, one), one));
}

/** Exponent (i64) and fraction as 52 bits (i64) of a nonzero finite number, as the estimates take denormals. */
function pieces(pe: Builder, f: Format, x: Node): { exponent: Node; fraction: Node } {
  const magnitude = pe.let(magnitudeOf(pe, f, x));
  return {
    exponent: pe.let(pe.shrU(magnitude, pe.c64(f.fractionBits))),
    fraction: pe.let(pe.shl(pe.and(magnitude, pattern(pe, patterns(f).fraction)), pe.c64(52 - f.fractionBits))),
  };
}

/** FPRecipEstimate. */
function recipEstimate(pe: Builder, f: Format, x: Node): void {
  const p = patterns(f);
  const F = f.fractionBits;
  const a = input(pe, f, x);
  returnNaNs(pe, f, [a]);
  const sign = pe.let(signOf(pe, f, a));
  pe.if(isInfinity(pe, f, a), () => pe.return(signed(pe, f, sign, 0n)));
  pe.if(isZero(pe, f, a), () => {
    raise(pe, Fpsr.dzc);
    pe.return(signed(pe, f, sign, p.infinity));
  });
  // Below 2^-(bias + 1) the result overflows: infinity or the largest number, as the rounding mode says.
  pe.if(pe.ltU(magnitudeOf(pe, f, a), pattern(pe, 1n << BigInt(F - 2))), () => {
    raise(pe, Fpsr.ofc | Fpsr.ixc);
    const mode = pe.let(roundingMode(pe));
    const infinite = pe.or(pe.eqz(mode), pe.eq(mode, pe.add(sign, pe.c32(Rounding.up))));
    pe.return(pe.select(infinite, signed(pe, f, sign, p.infinity), signed(pe, f, sign, p.largest)));
  });
  const { exponent, fraction } = pieces(pe, f, a);
  const flush = pe.ne(pe.and(pe.readState("fpcr"), pe.c32(f === half ? Fpcr.fz16 : Fpcr.fz)), pe.c32(0));
  pe.if(pe.and(flush, pe.geU(exponent, pe.c64(2 * f.bias - 1))), () => {
    raise(pe, Fpsr.ufc);
    pe.return(signed(pe, f, sign, 0n));
  });
  // A denormal is shifted up by one or two places.
  const e = pe.variable(exponent);
  const m = pe.variable(fraction);
  pe.if(pe.eqz(exponent), () => {
    const twice = pe.let(pe.eqz(pe.shrU(fraction, pe.c64(51))));
    e.set(pe.sub(pe.c64(0), pe.zeroExtend(twice)));
    const shifted = pe.shl(fraction, pe.add(pe.c64(1), pe.zeroExtend(twice)));
    m.set(pe.and(shifted, pattern(pe, (1n << 52n) - 1n)));
  });
  const estimate = reciprocalEstimate(pe, pe.let(pe.or(pe.c64(256), pe.shrU(m.get(), pe.c64(44)))));
  const result = pe.variable(pe.sub(pe.c64(2 * f.bias - 1), e.get()));
  const bits = pe.variable(pe.shl(pe.and(estimate, pe.c64(255)), pe.c64(44)));
  // Results below the normal numbers: exponents 0 and -1 give denormals.
  pe.if(
    pe.eqz(result.get()),
    () => {
      bits.set(pe.or(pattern(pe, 1n << 51n), pe.shrU(bits.get(), pe.c64(1))));
    },
    () => {
      pe.if(pe.eq(result.get(), pe.c64(-1)), () => {
        bits.set(pe.or(pattern(pe, 1n << 50n), pe.shrU(bits.get(), pe.c64(2))));
        result.set(pe.c64(0));
      });
    },
  );
  const magnitude = pe.or(pe.shl(result.get(), pe.c64(F)), pe.shrU(bits.get(), pe.c64(52 - F)));
  pe.return(pe.or(magnitude, signed(pe, f, sign, 0n)));
}

/** FPRSqrtEstimate. */
function rootEstimateOf(pe: Builder, f: Format, x: Node): void {
  const p = patterns(f);
  const F = f.fractionBits;
  const a = input(pe, f, x);
  returnNaNs(pe, f, [a]);
  const sign = pe.let(signOf(pe, f, a));
  pe.if(isZero(pe, f, a), () => {
    raise(pe, Fpsr.dzc);
    pe.return(signed(pe, f, sign, p.infinity));
  });
  pe.if(sign, () => returnInvalid(pe, f));
  pe.if(isInfinity(pe, f, a), () => pe.return(pe.c64(0)));
  const { exponent, fraction } = pieces(pe, f, a);
  const e = pe.variable(exponent);
  const m = pe.variable(fraction);
  pe.if(pe.eqz(exponent), () => {
    // Highest one of the fraction (bit 51 or below) to bit 52, where it drops out; each place is one less in the exponent.
    const places = pe.let(pe.sub(pe.op("i64.clz", fraction), pe.c64(11)));
    e.set(pe.sub(pe.c64(1), places));
    m.set(pe.and(pe.shl(fraction, places), pattern(pe, (1n << 52n) - 1n)));
  });
  const odd = pe.and(e.get(), pe.c64(1));
  const scaled = pe.select(
    pe.eqz(odd),
    pe.or(pe.c64(256), pe.shrU(m.get(), pe.c64(44))),
    pe.or(pe.c64(128), pe.shrU(m.get(), pe.c64(45))),
  );
  const estimate = rootEstimate(pe, pe.let(scaled));
  const result = pe.shrS(pe.sub(pe.c64(3 * f.bias - 1), e.get()), pe.c64(1));
  const bits = pe.shl(pe.and(estimate, pe.c64(255)), pe.c64(F - 8));
  pe.return(pe.or(pe.shl(result, pe.c64(F)), bits));
}

/** FPRecpX: the exponent inverted, the fraction dropped. */
function exponentReciprocal(pe: Builder, f: Format, x: Node): void {
  const p = patterns(f);
  const F = f.fractionBits;
  const a = input(pe, f, x);
  pe.if(isAnyNaN(pe, f, a), () => pe.return(processNaN(pe, f, a)));
  const exponent = pe.let(pe.and(a, pattern(pe, p.infinity)));
  const highest = pattern(pe, p.infinity - (1n << BigInt(F)));
  const inverted = pe.and(pe.not(exponent), pattern(pe, p.infinity));
  const magnitude = pe.select(pe.eqz(exponent), highest, inverted);
  pe.return(pe.or(pe.and(a, pattern(pe, p.sign)), magnitude));
}

export const softReciprocalEstimate = family("FPRecipEstimate", 1, (pe, f, a) => recipEstimate(pe, f, a!));
export const softRootEstimate = family("FPRSqrtEstimate", 1, (pe, f, a) => rootEstimateOf(pe, f, a!));
export const softReciprocalExponent = family("FPRecpX", 1, (pe, f, a) => exponentReciprocal(pe, f, a!));
