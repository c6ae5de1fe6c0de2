import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpsr } from "../fp-fast.js";
import { type Format, formats, half, pattern, patterns, signed } from "./format.js";
import { control, Rounding, raise } from "./status.js";

/** `value` (i64) shifted right by `amount` (i64, not negative), with any one that is lost kept in bit 0. */
export function shiftRightJam(pe: Builder, value: Node, amount: Node): Node {
  const n = pe.let(amount);
  const inside = pe.ltU(n, pe.c64(64));
  const shifted = pe.let(pe.shrU(value, n));
  const lost = pe.zeroExtend(pe.ne(pe.shl(shifted, n), value));
  return pe.let(pe.select(inside, pe.or(shifted, lost), pe.zeroExtend(pe.ne(value, pe.c64(0)))));
}

/** i32: whether rounding a number up in magnitude is due: `low` is what lies below the last place, of which `tie` is half. */
export function roundsUp(pe: Builder, mode: Node, sign: Node, low: Node, tie: Node, odd: Node): Node {
  const inexact = pe.ne(low, pe.c64(0));
  const atLeast = pe.geU(low, tie);
  const nearest = pe.and(atLeast, pe.or(pe.or(pe.gtU(low, tie), odd), pe.eq(mode, pe.c32(Rounding.tieAway))));
  const isNearest = pe.eqz(pe.and(mode, pe.c32(3)));
  const away = pe.eq(mode, pe.add(sign, pe.c32(Rounding.up)));
  return pe.let(pe.select(isNearest, nearest, pe.and(away, inexact)));
}

/**
 * FPRoundBase: rounds significand / 2^62 * 2^exponent, whose significand's highest bit is bit 62 and whose bit 0 may
 * stand for more, as `Rounding` bits say, and raises what that raises. Underflow is detected before rounding.
 */
function roundRoutine(f: Format): Routine {
  const F = f.fractionBits;
  const p = patterns(f);
  return routine(`FPRound.${f.letter}`, ["i32", "i32", "i64", "i32"], "i64", (pe, sign, exponent, significand, how) => {
    const mode = pe.let(pe.and(how, pe.c32(7)));
    const minimum = 1 - f.bias;
    const tiny = pe.let(pe.ltS(exponent, pe.c32(minimum)));
    const flags = pe.variable(pe.c32(0));
    pe.if(pe.and(tiny, pe.ne(pe.and(how, pe.c32(Rounding.flush)), pe.c32(0))), () => {
      raise(pe, Fpsr.ufc);
      pe.return(signed(pe, f, sign, 0n));
    });
    const value = pe.variable(significand);
    const base = pe.variable(pe.add(exponent, pe.c32(f.bias - 1)));
    pe.if(tiny, () => {
      value.set(shiftRightJam(pe, significand, pe.zeroExtend(pe.sub(pe.c32(minimum), exponent))));
      base.set(pe.c32(0));
    });
    const dropped = BigInt(62 - F);
    const low = pe.let(pe.and(value.get(), pattern(pe, (1n << dropped) - 1n)));
    const kept = pe.let(pe.shrU(value.get(), pe.c64(dropped)));
    const inexact = pe.let(pe.ne(low, pe.c64(0)));
    const odd = pe.low32(pe.and(kept, pe.c64(1)));
    const up = roundsUp(pe, mode, sign, low, pattern(pe, 1n << (dropped - 1n)), odd);
    const toOdd = pe.let(pe.eq(mode, pe.c32(Rounding.odd)));
    const rounded = pe.select(toOdd, pe.or(kept, pe.zeroExtend(inexact)), pe.add(kept, pe.zeroExtend(up)));
    pe.if(pe.and(tiny, inexact), () => flags.set(pe.c32(Fpsr.ufc)));
    // The implicit bit of `rounded` adds one to the exponent below it; a carry out of the fraction adds another.
    const magnitude = pe.variable(pe.let(pe.add(pe.shl(pe.op("i64.extend_i32_s", base.get()), pe.c64(F)), rounded)));
    pe.if(inexact, () => flags.set(pe.or(flags.get(), pe.c32(Fpsr.ixc))));
    const overflow = (): void => {
      pe.if(pe.geU(magnitude.get(), pattern(pe, p.infinity)), () => {
        flags.set(pe.c32(Fpsr.ofc | Fpsr.ixc));
        const nearest = pe.eqz(pe.and(mode, pe.c32(3)));
        const away = pe.eq(mode, pe.add(sign, pe.c32(Rounding.up)));
        magnitude.set(pe.select(pe.or(nearest, away), pattern(pe, p.infinity), pattern(pe, p.largest)));
      });
    };
    if (f === half) {
      pe.if(
        pe.and(how, pe.c32(Rounding.alternative)),
        () => {
          pe.if(pe.geU(magnitude.get(), pattern(pe, p.sign)), () => {
            flags.set(pe.c32(Fpsr.ioc));
            magnitude.set(pattern(pe, p.magnitude));
          });
        },
        overflow,
      );
    } else overflow();
    pe.if(flags.get(), () => raise(pe, flags.get()));
    pe.return(pe.or(magnitude.get(), signed(pe, f, sign, 0n)));
  });
}

const rounders: ReadonlyMap<Format, Routine> = new Map(formats.map((f) => [f, roundRoutine(f)]));

/** Rounds to format `f`; see {@link roundRoutine}. `how` is FPCR's way unless given. */
export function round(
  pe: Builder,
  f: Format,
  sign: Node,
  exponent: Node,
  significand: Node,
  how: Node = control(pe, f),
): Node {
  return pe.call(rounders.get(f)!, sign, exponent, significand, how);
}
