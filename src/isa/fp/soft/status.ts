import { type Builder, type Node, routine } from "../../../ir/index.js";
import { Fpcr, Fpsr } from "../fp-fast.js";
import { type Format, half, pattern, patterns } from "./format.js";

/** Sets cumulative FPSR flags, and says through `fpFast` whether inexact results still matter. */
const raiseFlags = routine("FPProcessException", ["i32"], "i32", (pe, flags) => {
  const fpsr = pe.let(pe.or(pe.readState("fpsr"), flags));
  pe.writeState("fpsr", fpsr);
  const control = pe.and(pe.readState("fpcr"), pe.c32(Fpcr.fz | Fpcr.rmode));
  pe.writeState("fpFast", pe.and(pe.eqz(control), pe.ne(pe.and(fpsr, pe.c32(Fpsr.ixc)), pe.c32(0))));
  pe.return(pe.c32(0));
});

/** Raises the FPSR flags in an i32. */
export function raise(pe: Builder, flags: Node | number): void {
  pe.call(raiseFlags, typeof flags === "number" ? pe.c32(flags) : flags);
}

/** FPCR bit that flushes denormals of a format. */
function flushBit(f: Format): number {
  return f === half ? Fpcr.fz16 : Fpcr.fz;
}

/**
 * A floating-point operand: a denormal is zero when FPCR flushes it, with FPSR.IDC but for half precision (FPUnpackBase).
 */
export function input(pe: Builder, f: Format, x: Node): Node {
  const { fraction, magnitude, sign } = patterns(f);
  const value = pe.variable(x);
  const flushes = pe.ne(pe.and(pe.readState("fpcr"), pe.c32(flushBit(f))), pe.c32(0));
  const below = pe.sub(pe.and(x, pattern(pe, magnitude)), pe.c64(1));
  pe.ifUnlikely(pe.and(flushes, pe.ltU(below, pattern(pe, fraction))), () => {
    value.set(pe.and(x, pattern(pe, sign)));
    if (f !== half) raise(pe, Fpsr.idc);
  });
  return value.get();
}

/**
 * How `round` rounds: the mode, FPCR.RMode's four, then ties away from zero and to odd, and bits for flushing tiny
 * results and for the alternative half-precision format.
 */
export const Rounding = { tieEven: 0, up: 1, down: 2, zero: 3, tieAway: 4, odd: 5, flush: 8, alternative: 16 } as const;

/** FPCR.RMode as an i32. */
export function roundingMode(pe: Builder): Node {
  return pe.and(pe.shrU(pe.readState("fpcr"), pe.c32(22)), pe.c32(3));
}

/** Control word of results of format `f`, rounded in `mode` (an i32, or FPCR's). */
export function control(pe: Builder, f: Format, mode = roundingMode(pe)): Node {
  const shift = f === half ? 16 : 21;
  return pe.or(mode, pe.and(pe.shrU(pe.readState("fpcr"), pe.c32(shift)), pe.c32(Rounding.flush)));
}
