import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { Fpcr, Fpsr } from "../fp-fast.js";
import { type Format, formats, isAnyNaN, isSignalling, pattern, patterns } from "./format.js";
import { raise } from "./status.js";

/** FPProcessNaN: a NaN operand as a result: quiet, or the default NaN when FPCR.DN is set; a signalling one is invalid. */
const processors: ReadonlyMap<Format, Routine> = new Map(
  formats.map((f) => [
    f,
    routine(`FPProcessNaN.${f.letter}`, ["i64"], "i64", (pe, x) => {
      const { quiet, defaultNaN } = patterns(f);
      pe.if(pe.eqz(pe.and(x, pattern(pe, quiet))), () => raise(pe, Fpsr.ioc));
      const makesDefault = pe.and(pe.readState("fpcr"), pe.c32(Fpcr.dn));
      pe.return(pe.select(makesDefault, pattern(pe, defaultNaN), pe.or(x, pattern(pe, quiet))));
    }),
  ]),
);

export function processNaN(pe: Builder, f: Format, x: Node): Node {
  return pe.call(processors.get(f)!, x);
}

/**
 * FPProcessNaNs, FPProcessNaNs3: returns from the routine when an operand is a NaN. The first signalling one is the
 * result, else the first quiet one. `before` is done first when there is a NaN, and may return otherwise.
 */
export function returnNaNs(pe: Builder, f: Format, xs: readonly Node[], before?: () => void): void {
  const any = xs.map((x) => isAnyNaN(pe, f, x)).reduce((a, b) => pe.or(a, b));
  pe.ifUnlikely(any, () => {
    before?.();
    for (const test of [isSignalling, isAnyNaN]) {
      for (const x of xs) pe.if(test(pe, f, x), () => pe.return(processNaN(pe, f, x)));
    }
  });
}

/** The default NaN as the result of an invalid operation. */
export function returnInvalid(pe: Builder, f: Format): void {
  raise(pe, Fpsr.ioc);
  pe.return(pattern(pe, patterns(f).defaultNaN));
}
