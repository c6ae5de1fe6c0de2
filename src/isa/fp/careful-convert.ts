import { type Builder, type Node, type Routine, routine } from "../../ir/index.js";
import { bitsOf, fromBits, host } from "./access.js";
import { isFiniteNumber, keepsDenormals } from "./fast.js";
import type { Family } from "./soft/arithmetic.js";
import { softConvert, softFromFixed } from "./soft/convert.js";
import { double, type Format, single } from "./soft/format.js";
import { softToFixed } from "./soft/integral.js";

/* Conversions that are exact and so raise nothing, whatever FPSR.IXC says; the soft routines do the rest. */

/** Conversion to an integer without fraction bits, of a number that is one: converting back gives the same number. */
function toFixed(f: Format, soft: Routine): Routine {
  return routine(`${soft.name}.careful`, soft.parameters, "i64", (pe, x, fbits, mode, unsigned, width) => {
    pe.if(pe.eqz(pe.or(fbits!, unsigned!)), () => {
      const r = pe.let(pe.op(`i32.trunc_sat_${host(f)}_s`, fromBits(pe, f, x!)));
      const back = pe.op(`${host(f)}.convert_i32_s`, r);
      const same = pe.eq(bitsOf(pe, back), x!);
      pe.if(same, () => pe.return(pe.signExtend(r)));
    });
    pe.return(pe.call(soft, x!, fbits!, mode!, unsigned!, width!));
  });
}

/** Conversion from an integer with no more significant bits than the format has. */
function fromFixed(f: Format, soft: Routine): Routine {
  return routine(`${soft.name}.careful`, soft.parameters, "i64", (pe, x, fbits, unsigned) => {
    const magnitude = pe.let(pe.select(pe.ltS(x!, pe.c64(0)), pe.sub(pe.c64(0), x!), x!));
    const used = pe.sub(pe.c64(64), pe.add(pe.op("i64.clz", magnitude), pe.op("i64.ctz", magnitude)));
    const short = pe.op("i64.le_s", used, pe.c64(f.fractionBits + 1));
    const isSigned = pe.or(pe.eqz(unsigned!), pe.op("i64.ge_s", x!, pe.c64(0)));
    pe.if(pe.and(pe.and(pe.eqz(fbits!), short), isSigned), () => {
      pe.return(bitsOf(pe, pe.op(`${host(f)}.convert_i64_s`, x!)));
    });
    pe.return(pe.call(soft, x!, fbits!, unsigned!));
  });
}

function careful(make: (f: Format, soft: Routine) => Routine, family: Family): Family {
  return new Map([...family].map(([f, soft]) => [f, f === single || f === double ? make(f, soft) : soft]));
}

export const carefulToFixed = careful(toFixed, softToFixed);
export const carefulFromFixed = careful(fromFixed, softFromFixed);

/** FCVT from double to single precision. */
export const demote: Routine = routine("FPConvert.d.s.careful", ["i64"], "i64", (pe: Builder, x: Node) => {
  const value = fromBits(pe, double, x);
  const r = pe.let(pe.op("f32.demote_f64", value));
  const same = pe.eq(bitsOf(pe, pe.op("f64.promote_f32", r)), x);
  pe.if(pe.and(pe.and(isFiniteNumber(pe, single, r), same), keepsDenormals(pe)), () => pe.return(bitsOf(pe, r)));
  pe.return(pe.call(softConvert(double, single), x));
});
