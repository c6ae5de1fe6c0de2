import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpcr, Fpsr } from "../fp-fast.js";
import { normalize } from "./arithmetic.js";
import {
  double,
  type Format,
  formats,
  half,
  isAnyNaN,
  isInfinity,
  isSignalling,
  isZero,
  pattern,
  patterns,
  signed,
  signOf,
  single,
  unpack,
} from "./format.js";
import { round } from "./round.js";
import { control, input, Rounding, raise } from "./status.js";

/**
 * FixedToFP: operands a 64-bit integer (extended by the caller), fraction bits (i32), and whether it is unsigned.
 */
export const softFromFixed: ReadonlyMap<Format, Routine> = new Map(
  formats.map((f) => [
    f,
    routine(`FixedToFP.${f.letter}`, ["i64", "i32", "i32"], "i64", (pe, x, fbits, unsigned) => {
      pe.if(pe.eqz(x), () => pe.return(pe.c64(0)));
      const sign = pe.let(pe.and(pe.eqz(unsigned), pe.ltS(x, pe.c64(0))));
      const magnitude = pe.let(pe.select(sign, pe.sub(pe.c64(0), x), x));
      const { exponent, significand } = normalize(pe, pe.sub(pe.c32(62), fbits), magnitude);
      pe.return(round(pe, f, sign, exponent, significand));
    }),
  ]),
);

/** FPConvert: between formats. Half precision follows FPCR.AHP and is never flushed. */
function convert(pe: Builder, from: Format, to: Format, x: Node, toOdd: boolean): void {
  const p = patterns(from);
  const q = patterns(to);
  const alternative = pe.let(pe.and(pe.readState("fpcr"), pe.c32(Fpcr.ahp)));
  const a = from === half ? x : input(pe, from, x);
  const sign = pe.let(signOf(pe, from, a));
  const special = (): void => {
    pe.if(isAnyNaN(pe, from, a), () => {
      const signalling = isSignalling(pe, from, a);
      pe.if(to === half ? pe.or(signalling, alternative) : signalling, () => raise(pe, Fpsr.ioc));
      if (to === half) pe.if(alternative, () => pe.return(signed(pe, to, sign, 0n)));
      pe.if(pe.and(pe.readState("fpcr"), pe.c32(Fpcr.dn)), () => pe.return(pattern(pe, q.defaultNaN)));
      const fraction = pe.and(a, pattern(pe, p.fraction));
      const shift = pe.c64(Math.abs(to.fractionBits - from.fractionBits));
      const payload = to.fractionBits > from.fractionBits ? pe.shl(fraction, shift) : pe.shrU(fraction, shift);
      pe.return(pe.or(payload, signed(pe, to, sign, q.defaultNaN)));
    });
    pe.if(isInfinity(pe, from, a), () => {
      if (to === half) {
        pe.if(alternative, () => {
          raise(pe, Fpsr.ioc);
          pe.return(signed(pe, to, sign, q.magnitude));
        });
      }
      pe.return(signed(pe, to, sign, q.infinity));
    });
  };
  if (from === half) pe.if(pe.eqz(alternative), special);
  else special();
  pe.if(isZero(pe, from, a), () => pe.return(signed(pe, to, sign, 0n)));
  // In the alternative half-precision format the highest exponent is one like any other.
  const { exponent, significand } = unpack(pe, from, a);
  const mode = toOdd ? pe.c32(Rounding.odd) : undefined;
  let how = control(pe, to, mode);
  if (to === half) {
    // FZ16 doesn't concern conversions; AHP does.
    const plain = pe.and(how, pe.c32(7));
    how = pe.or(plain, pe.select(alternative, pe.c32(Rounding.alternative), pe.c32(0)));
  }
  pe.return(round(pe, to, sign, exponent, significand, how));
}

function converter(from: Format, to: Format, toOdd = false): Routine {
  const name = `FPConvert${toOdd ? "ToOdd" : ""}.${from.letter}.${to.letter}`;
  return routine(name, ["i64"], "i64", (pe, x) => convert(pe, from, to, x, toOdd));
}

const converters = new Map<Format, ReadonlyMap<Format, Routine>>(
  formats.map((from) => [from, new Map(formats.filter((to) => to !== from).map((to) => [to, converter(from, to)]))]),
);

/** FPConvert from one format to another. */
export function softConvert(from: Format, to: Format): Routine {
  return converters.get(from)!.get(to)!;
}

/** FPConvert from double to single, rounding to odd (FCVTXN). */
export const softConvertToOdd = converter(double, single, true);
