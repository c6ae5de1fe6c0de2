import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpsr } from "../fp-fast.js";
import {
  type Format,
  formats,
  isInfinity,
  isZero,
  magnitudeOf,
  pattern,
  patterns,
  signed,
  signOf,
  unpack,
} from "./format.js";
import { returnInvalid, returnNaNs } from "./nan.js";
import { round, shiftRightJam } from "./round.js";
import { input, Rounding, raise, roundingMode } from "./status.js";
import { multiplyWide } from "./wide.js";

/** Routines of an operation, one for each format; numbers are bit patterns in an i64. */
export type Family = ReadonlyMap<Format, Routine>;

export function family(name: string, arity: number, write: (pe: Builder, f: Format, ...xs: Node[]) => void): Family {
  const parameters = Array.from({ length: arity }, () => "i64" as const);
  return new Map(
    formats.map((f) => [f, routine(`${name}.${f.letter}`, parameters, "i64", (pe, ...xs) => write(pe, f, ...xs))]),
  );
}

/** The sign (i32) of an exact zero difference: minus when rounding towards minus infinity. */
export function zeroDifferenceSign(pe: Builder): Node {
  return pe.eq(roundingMode(pe), pe.c32(Rounding.down));
}

/** FPAdd. Subtraction flips the second operand's sign after NaNs are dealt with. */
function add(pe: Builder, f: Format, x: Node, y: Node, subtract: boolean): void {
  const p = patterns(f);
  const a = input(pe, f, x);
  const second = input(pe, f, y);
  returnNaNs(pe, f, [a, second]);
  const b = subtract ? pe.let(pe.xor(second, pattern(pe, p.sign))) : second;
  const differ = pe.let(pe.xor(signOf(pe, f, a), signOf(pe, f, b)));
  pe.if(isInfinity(pe, f, a), () => {
    pe.if(pe.and(isInfinity(pe, f, b), differ), () => returnInvalid(pe, f));
    pe.return(a);
  });
  pe.if(isInfinity(pe, f, b), () => pe.return(b));
  pe.if(isZero(pe, f, a), () => {
    pe.if(pe.and(isZero(pe, f, b), differ), () => pe.return(signed(pe, f, zeroDifferenceSign(pe), 0n)));
    pe.if(isZero(pe, f, b), () => pe.return(b));
  });
  // Adding zero still rounds: a denormal result may be flushed. Put the larger magnitude first.
  const swap = pe.let(pe.ltU(magnitudeOf(pe, f, a), magnitudeOf(pe, f, b)));
  const large = unpack(pe, f, pe.let(pe.select(swap, b, a)));
  const smallBits = pe.let(pe.select(swap, a, b));
  pe.if(isZero(pe, f, smallBits), () => {
    pe.return(round(pe, f, large.sign, large.exponent, large.significand));
  });
  const small = unpack(pe, f, smallBits);
  const shift = pe.zeroExtend(pe.sub(large.exponent, small.exponent));
  const aligned = shiftRightJam(pe, small.significand, shift);
  const sum = pe.variable(pe.add(large.significand, aligned));
  pe.if(differ, () => {
    sum.set(pe.sub(large.significand, aligned));
    pe.if(pe.eqz(sum.get()), () => pe.return(signed(pe, f, zeroDifferenceSign(pe), 0n)));
  });
  const { exponent, significand } = normalize(pe, large.exponent, sum.get());
  pe.return(round(pe, f, large.sign, exponent, significand));
}

/** Moves the highest one of `significand` (not zero) to bit 62; bit 63 may be set, and is worth 2^exponent * 2. */
export function normalize(pe: Builder, exponent: Node, significand: Node): { exponent: Node; significand: Node } {
  const value = pe.let(significand);
  const zeros = pe.let(pe.op("i64.clz", value));
  const right = pe.or(pe.shrU(value, pe.c64(1)), pe.and(value, pe.c64(1)));
  return {
    significand: pe.let(pe.select(pe.eqz(zeros), right, pe.shl(value, pe.sub(zeros, pe.c64(1))))),
    exponent: pe.let(pe.sub(pe.add(exponent, pe.c32(1)), pe.low32(zeros))),
  };
}

/** FPMul; FPMulX when `extended`: zero times infinity is two. */
function multiply(pe: Builder, f: Format, x: Node, y: Node, extended: boolean): void {
  const p = patterns(f);
  const a = input(pe, f, x);
  const b = input(pe, f, y);
  returnNaNs(pe, f, [a, b]);
  const sign = pe.let(pe.xor(signOf(pe, f, a), signOf(pe, f, b)));
  const zero = pe.let(pe.or(isZero(pe, f, a), isZero(pe, f, b)));
  pe.if(pe.or(isInfinity(pe, f, a), isInfinity(pe, f, b)), () => {
    pe.if(zero, () => {
      if (extended) pe.return(signed(pe, f, sign, BigInt(f.bias + 1) << BigInt(f.fractionBits)));
      else returnInvalid(pe, f);
    });
    pe.return(signed(pe, f, sign, p.infinity));
  });
  pe.if(zero, () => pe.return(signed(pe, f, sign, 0n)));
  const m = unpack(pe, f, a);
  const n = unpack(pe, f, b);
  const one = pe.c64(1);
  const { high, low } = multiplyWide(pe, pe.let(pe.shl(m.significand, one)), pe.let(pe.shl(n.significand, one)));
  const jammed = pe.or(high, pe.zeroExtend(pe.ne(low, pe.c64(0))));
  const { exponent, significand } = normalize(pe, pe.add(m.exponent, n.exponent), jammed);
  pe.return(round(pe, f, sign, exponent, significand));
}

/** FPDiv. */
function divide(pe: Builder, f: Format, x: Node, y: Node): void {
  const p = patterns(f);
  const a = input(pe, f, x);
  const b = input(pe, f, y);
  returnNaNs(pe, f, [a, b]);
  const sign = pe.let(pe.xor(signOf(pe, f, a), signOf(pe, f, b)));
  const infinities = [isInfinity(pe, f, a), isInfinity(pe, f, b)].map((n) => pe.let(n));
  const zeros = [isZero(pe, f, a), isZero(pe, f, b)].map((n) => pe.let(n));
  pe.if(pe.or(pe.and(infinities[0]!, infinities[1]!), pe.and(zeros[0]!, zeros[1]!)), () => returnInvalid(pe, f));
  pe.if(pe.or(infinities[0]!, zeros[1]!), () => {
    pe.if(pe.eqz(infinities[0]!), () => raise(pe, Fpsr.dzc));
    pe.return(signed(pe, f, sign, p.infinity));
  });
  pe.if(pe.or(zeros[0]!, infinities[1]!), () => pe.return(signed(pe, f, sign, 0n)));
  const m = unpack(pe, f, a);
  const n = unpack(pe, f, b);
  // Long division, one bit a round: F + 3 quotient bits, the rest as a sticky bit.
  const less = pe.let(pe.ltU(m.significand, n.significand));
  const remainder = pe.variable(pe.shrU(m.significand, pe.sub(pe.c64(1), pe.zeroExtend(less))));
  const divisor = pe.let(pe.shrU(n.significand, pe.c64(1)));
  const quotient = pe.variable(pe.c64(0));
  const count = pe.variable(pe.c32(f.fractionBits + 3));
  pe.while(count.get(), () => {
    const fits = pe.let(pe.geU(remainder.get(), divisor));
    remainder.set(pe.shl(pe.sub(remainder.get(), pe.select(fits, divisor, pe.c64(0))), pe.c64(1)));
    quotient.set(pe.or(pe.shl(quotient.get(), pe.c64(1)), pe.zeroExtend(fits)));
    count.set(pe.sub(count.get(), pe.c32(1)));
  });
  const significand = pe.or(
    pe.shl(quotient.get(), pe.c64(60 - f.fractionBits)),
    pe.zeroExtend(pe.ne(remainder.get(), pe.c64(0))),
  );
  pe.return(round(pe, f, sign, pe.sub(pe.sub(m.exponent, n.exponent), less), significand));
}

/** FPSqrt. */
function squareRoot(pe: Builder, f: Format, x: Node): void {
  const a = input(pe, f, x);
  returnNaNs(pe, f, [a]);
  pe.if(isZero(pe, f, a), () => pe.return(a));
  pe.if(signOf(pe, f, a), () => returnInvalid(pe, f));
  pe.if(isInfinity(pe, f, a), () => pe.return(a));
  const m = unpack(pe, f, a);
  // Two bits of the radicand, in [1, 4), give one bit of the root a round; F + 3 of them, the rest is sticky.
  const oddExponent = pe.zeroExtend(pe.and(m.exponent, pe.c32(1)));
  const radicand = pe.variable(pe.shl(m.significand, oddExponent));
  const remainder = pe.variable(pe.c64(0));
  const root = pe.variable(pe.c64(0));
  const count = pe.variable(pe.c32(f.fractionBits + 3));
  pe.while(count.get(), () => {
    remainder.set(pe.or(pe.shl(remainder.get(), pe.c64(2)), pe.shrU(radicand.get(), pe.c64(62))));
    radicand.set(pe.shl(radicand.get(), pe.c64(2)));
    const trial = pe.let(pe.or(pe.shl(root.get(), pe.c64(2)), pe.c64(1)));
    const fits = pe.let(pe.geU(remainder.get(), trial));
    remainder.set(pe.sub(remainder.get(), pe.select(fits, trial, pe.c64(0))));
    root.set(pe.or(pe.shl(root.get(), pe.c64(1)), pe.zeroExtend(fits)));
    count.set(pe.sub(count.get(), pe.c32(1)));
  });
  const rest = pe.ne(pe.or(remainder.get(), radicand.get()), pe.c64(0));
  const significand = pe.or(pe.shl(root.get(), pe.c64(60 - f.fractionBits)), pe.zeroExtend(rest));
  pe.return(round(pe, f, pe.c32(0), pe.shrS(m.exponent, pe.c32(1)), significand));
}

export const softAdd = family("FPAdd", 2, (pe, f, a, b) => add(pe, f, a!, b!, false));
export const softSubtract = family("FPSub", 2, (pe, f, a, b) => add(pe, f, a!, b!, true));
export const softMultiply = family("FPMul", 2, (pe, f, a, b) => multiply(pe, f, a!, b!, false));
export const softMultiplyExtended = family("FPMulX", 2, (pe, f, a, b) => multiply(pe, f, a!, b!, true));
export const softDivide = family("FPDiv", 2, (pe, f, a, b) => divide(pe, f, a!, b!));
export const softSquareRoot = family("FPSqrt", 1, (pe, f, a) => squareRoot(pe, f, a!));
