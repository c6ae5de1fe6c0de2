import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpsr } from "../fp-fast.js";
import { type Family, family } from "./arithmetic.js";
import {
  type Format,
  formats,
  isAnyNaN,
  isSignalling,
  isZero,
  magnitudeOf,
  pattern,
  patterns,
  signOf,
} from "./format.js";
import { returnNaNs } from "./nan.js";
import { input, raise } from "./status.js";

/** i32: a < b, neither being a NaN. */
function less(pe: Builder, f: Format, a: Node, b: Node): Node {
  // Patterns order like sign-magnitude numbers: make them two's complement.
  const key = (x: Node): Node => {
    const magnitude = magnitudeOf(pe, f, x);
    return pe.select(signOf(pe, f, x), pe.sub(pe.c64(0), magnitude), magnitude);
  };
  return pe.ltS(key(a), key(b));
}

/** i32: a equals b, neither being a NaN. */
function equal(pe: Builder, f: Format, a: Node, b: Node): Node {
  return pe.or(pe.eq(a, b), pe.and(isZero(pe, f, a), isZero(pe, f, b)));
}

/** FPCompare: NZCV in bits 3..0 of an i64. The third operand says whether quiet NaNs are invalid, too. */
export const softCompare: ReadonlyMap<Format, Routine> = new Map(
  formats.map((f) => [
    f,
    routine(`FPCompare.${f.letter}`, ["i64", "i64", "i32"], "i32", (pe, x, y, signalling) => {
      const a = input(pe, f, x);
      const b = input(pe, f, y);
      pe.if(pe.or(isAnyNaN(pe, f, a), isAnyNaN(pe, f, b)), () => {
        const invalid = pe.or(pe.or(isSignalling(pe, f, a), isSignalling(pe, f, b)), signalling);
        pe.if(invalid, () => raise(pe, Fpsr.ioc));
        pe.return(pe.c32(3));
      });
      pe.if(equal(pe, f, a, b), () => pe.return(pe.c32(6)));
      pe.return(pe.select(less(pe, f, a, b), pe.c32(8), pe.c32(2)));
    }),
  ]),
);

/** FPCompareEQ, FPCompareGE, FPCompareGT, of magnitudes when `absolute`: all ones or zero in an i64. */
function comparison(name: string, kind: "eq" | "ge" | "gt", absolute: boolean): Family {
  return family(name, 2, (pe, f, x, y) => {
    const magnitude = pattern(pe, patterns(f).magnitude);
    const a = input(pe, f, absolute ? pe.let(pe.and(x!, magnitude)) : x!);
    const b = input(pe, f, absolute ? pe.let(pe.and(y!, magnitude)) : y!);
    pe.if(pe.or(isAnyNaN(pe, f, a), isAnyNaN(pe, f, b)), () => {
      const signalling = pe.or(isSignalling(pe, f, a), isSignalling(pe, f, b));
      pe.if(kind === "eq" ? signalling : pe.c32(1), () => raise(pe, Fpsr.ioc));
      pe.return(pe.c64(0));
    });
    const same = equal(pe, f, a, b);
    const holds = kind === "eq" ? same : kind === "gt" ? less(pe, f, b, a) : pe.or(same, less(pe, f, b, a));
    pe.return(pe.sub(pe.c64(0), pe.zeroExtend(holds)));
  });
}

export const softEqual = comparison("FPCompareEQ", "eq", false);
export const softGreaterEqual = comparison("FPCompareGE", "ge", false);
export const softGreater = comparison("FPCompareGT", "gt", false);
export const softAbsoluteGreaterEqual = comparison("FACGE", "ge", true);
export const softAbsoluteGreater = comparison("FACGT", "gt", true);

/** FPMax, FPMin; FPMaxNum, FPMinNum when `number`: a quiet NaN against a number loses. */
function extremum(name: string, maximum: boolean, number: boolean): Family {
  return family(name, 2, (pe, f, x, y) => {
    const p = patterns(f);
    const a = pe.variable(x!);
    const b = pe.variable(y!);
    if (number) {
      const quiet = (v: Node): Node => pe.let(pe.and(isAnyNaN(pe, f, v), pe.eqz(isSignalling(pe, f, v))));
      const loser = pattern(pe, maximum ? p.infinity | p.sign : p.infinity);
      const [m, n] = [quiet(x!), quiet(y!)];
      pe.if(pe.and(m, pe.eqz(n)), () => a.set(loser));
      pe.if(pe.and(n, pe.eqz(m)), () => b.set(loser));
    }
    const c = input(pe, f, a.get());
    const d = input(pe, f, b.get());
    returnNaNs(pe, f, [c, d]);
    // Of two zeros, plus is the larger; other equal numbers have equal patterns.
    pe.if(pe.and(isZero(pe, f, c), isZero(pe, f, d)), () => pe.return(maximum ? pe.and(c, d) : pe.or(c, d)));
    pe.return(maximum ? pe.select(less(pe, f, d, c), c, d) : pe.select(less(pe, f, c, d), c, d));
  });
}

export const softMaximum = extremum("FPMax", true, false);
export const softMinimum = extremum("FPMin", false, false);
export const softMaximumNumber = extremum("FPMaxNum", true, true);
export const softMinimumNumber = extremum("FPMinNum", false, true);
