import { type Builder, destinationOrZero, immediate, type Node, sourceOrZero, vector } from "../../../ir/index.js";
import { define, instructions } from "../../definition.js";
import { registerName } from "../../text.js";
import { bitsOf, fromBits, host, readBits, readFloat, writeBits, writeFloat } from "../access.js";
import { carefulFromFixed, carefulToFixed, demote } from "../careful-convert.js";
import { fastAnd, isBelowPowerOfTwo, isNumber, isOrdinary, keepsDenormals } from "../fast.js";
import { roundFloat } from "../round-float.js";
import { softConvert, softFromFixed } from "../soft/convert.js";
import { double, type Format, half, single } from "../soft/format.js";
import { softToFixed, softToInt32JavaScript } from "../soft/integral.js";
import { defineFloat, floatName } from "./definition.js";

const modeNames = ["n", "p", "m", "z", "a"] as const;

/** 2^fbits or 2^-fbits as an f64, for fbits in an i32. */
function powerOfTwo(pe: Builder, fbits: Node, negative: boolean): Node {
  const exponent = negative ? pe.sub(pe.c32(1023), fbits) : pe.add(pe.c32(1023), fbits);
  return pe.op("f64.reinterpret_i64", pe.shl(pe.zeroExtend(exponent), pe.c64(52)));
}

/**
 * A scalar to an integer of 32 or 64 bits, rounded in `mode` (FPCR's numbers, 4 for ties away). The fast path takes what
 * surely fits; `fbits`, if any, is an i32.
 */
function toInteger(
  pe: Builder,
  f: Format,
  register: Parameters<Builder["readV"]>[0],
  sf: number,
  unsigned: number,
  mode: number,
  fbits?: Node,
): Node {
  const width = sf ? 64 : 32;
  const more = [fbits ?? pe.c32(0), pe.c32(mode), pe.c32(unsigned), pe.c32(width)];
  const narrow = (bits: Node): Node => (sf ? bits : pe.low32(bits));
  if (f === half) return narrow(pe.call(softToFixed.get(f)!, readBits(pe, f, register), ...more));
  const x = pe.let(readFloat(pe, f, register));
  // Scaling is done in double precision, where it is exact.
  const wide = fbits === undefined || f === double ? x : pe.op("f64.promote_f32", x);
  const scaled = fbits === undefined ? wide : pe.op("f64.mul", wide, powerOfTwo(pe, fbits, false));
  const y = pe.let(mode === 3 ? scaled : roundFloat(pe, scaled, mode));
  const computedIn = y.type === "f64" ? double : single;
  const zero = fromBits(pe, computedIn, pe.c64(0));
  let fits = isBelowPowerOfTwo(pe, computedIn, y, unsigned ? width : width - 1);
  if (unsigned) fits = pe.and(fits, pe.op(`${host(computedIn)}.ge`, y, zero));
  const result = pe.variable(pe.op(`i${width}.trunc_sat_${host(computedIn)}_${unsigned ? "u" : "s"}`, y));
  pe.ifUnlikely(pe.eqz(fastAnd(pe, fits)), () => {
    result.set(narrow(pe.call(carefulToFixed.get(f)!, bitsOf(pe, x), ...more)));
  });
  return result.get();
}

/** An integer (i32 or i64) to a number, which is written to `register`. Exact conversions need no FPCR. */
function fromInteger(
  pe: Builder,
  f: Format,
  register: Parameters<Builder["readV"]>[0],
  value: Node,
  unsigned: number,
  fbits?: Node,
): void {
  const extended = (x: Node): Node => (unsigned ? pe.zeroExtend(x) : pe.signExtend(x));
  if (f === half) {
    const bits = pe.call(softFromFixed.get(f)!, extended(value), fbits ?? pe.c32(0), pe.c32(unsigned));
    writeBits(pe, f, register, bits);
    return;
  }
  const x = pe.let(value);
  const h = host(f);
  let converted = pe.op(`${h}.convert_${x.type}_${unsigned ? "u" : "s"}`, x);
  if (fbits !== undefined) {
    const scale = powerOfTwo(pe, fbits, true);
    converted = pe.op(`${h}.mul`, converted, f === double ? scale : pe.op("f32.demote_f64", scale));
  }
  if (f === double && x.type === "i32") {
    writeFloat(pe, f, register, converted);
    return;
  }
  const result = pe.variable(converted);
  pe.ifUnlikely(pe.eqz(pe.readState("fpFast")), () => {
    const bits = pe.call(carefulFromFixed.get(f)!, extended(x), fbits ?? pe.c32(0), pe.c32(unsigned));
    result.set(fromBits(pe, f, bits));
  });
  writeFloat(pe, f, register, result.get());
}

export const integerConversions = instructions("Conversion between floating-point and integer", [
  ...defineFloat("FCVTNS/PS/MS/ZS/NU/PU/MU/ZU (scalar, integer)", "sf 00 11110 ptype 1 rmode:2 00 U 000000 Rn Rd", {
    statics: ["sf", "rmode", "U"],
    operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, f, { sf, rmode, U }, { d, n }) => {
      pe.write(sf ? 64 : 32, d, toInteger(pe, f, n, sf, U, rmode));
    },
    assembly: (w, f) =>
      `fcvt${modeNames[w.rmode!]}${w.U ? "u" : "s"}\t${registerName(w.sf!, w.Rd!)}, ${floatName(f, w.Rn!)}`,
  }),
  ...defineFloat("FCVTAS/AU (scalar, integer)", "sf 00 11110 ptype 1 00 10 U 000000 Rn Rd", {
    statics: ["sf", "U"],
    operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, f, { sf, U }, { d, n }) => {
      pe.write(sf ? 64 : 32, d, toInteger(pe, f, n, sf, U, 4));
    },
    assembly: (w, f) => `fcvta${w.U ? "u" : "s"}\t${registerName(w.sf!, w.Rd!)}, ${floatName(f, w.Rn!)}`,
  }),
  ...defineFloat("SCVTF/UCVTF (scalar, integer)", "sf 00 11110 ptype 1 00 01 U 000000 Rn Rd", {
    statics: ["sf", "U"],
    operands: (w) => ({ d: vector(w.Rd!), n: sourceOrZero(w.Rn!) }),
    execute: (pe, f, { sf, U }, { d, n }) => {
      fromInteger(pe, f, d, pe.read(sf ? 64 : 32, n), U);
    },
    assembly: (w, f) => `${w.U ? "u" : "s"}cvtf\t${floatName(f, w.Rd!)}, ${registerName(w.sf!, w.Rn!)}`,
  }),
  define("FJCVTZS", "0 00 11110 01 1 11 110 000000 Rn Rd", {
    feature: "FEAT_JSCVT",
    simd: true,
    operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, _, { d, n }) => {
      const x = pe.let(readFloat(pe, double, n));
      const truncated = pe.let(pe.op("i32.trunc_sat_f64_s", x));
      const same = pe.let(pe.eq(bitsOf(pe, pe.op("f64.convert_i32_s", truncated)), bitsOf(pe, x)));
      const integer = pe.variable(truncated);
      const exact = pe.variable(same);
      pe.ifUnlikely(pe.eqz(same), () => {
        const both = pe.call(softToInt32JavaScript, bitsOf(pe, x));
        integer.set(pe.low32(both));
        exact.set(pe.low32(pe.shrU(both, pe.c64(32))));
      });
      const zero = pe.c32(0);
      pe.setNzcv(zero, exact.get(), zero, zero);
      pe.write(32, d, integer.get());
    },
    assembly: (w) => `fjcvtzs\t${registerName(0, w.Rd!)}, ${floatName(double, w.Rn!)}`,
  }),
]);

/** W registers have 32 fraction bits at most. */
const scaleFits = (w: { readonly [name: string]: number }): boolean => w.sf === 1 || w.scale! >= 32;

export const fixedPointConversions = instructions("Conversion between floating-point and fixed-point", [
  ...defineFloat("FCVTZS/ZU (scalar, fixed-point)", "sf 00 11110 ptype 0 11 00 U scale:6 Rn Rd", {
    statics: ["sf", "U"],
    where: scaleFits,
    operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!), fbits: immediate(64 - w.scale!) }),
    execute: (pe, f, { sf, U }, { d, n, fbits }) => {
      pe.write(sf ? 64 : 32, d, toInteger(pe, f, n, sf, U, 3, pe.immediate32(fbits)));
    },
    assembly: (w, f) =>
      `fcvtz${w.U ? "u" : "s"}\t${registerName(w.sf!, w.Rd!)}, ${floatName(f, w.Rn!)}, #${64 - w.scale!}`,
  }),
  ...defineFloat("SCVTF/UCVTF (scalar, fixed-point)", "sf 00 11110 ptype 0 00 01 U scale:6 Rn Rd", {
    statics: ["sf", "U"],
    where: scaleFits,
    operands: (w) => ({ d: vector(w.Rd!), n: sourceOrZero(w.Rn!), fbits: immediate(64 - w.scale!) }),
    execute: (pe, f, { sf, U }, { d, n, fbits }) => {
      fromInteger(pe, f, d, pe.read(sf ? 64 : 32, n), U, pe.immediate32(fbits));
    },
    assembly: (w, f) =>
      `${w.U ? "u" : "s"}cvtf\t${floatName(f, w.Rd!)}, ${registerName(w.sf!, w.Rn!)}, #${64 - w.scale!}`,
  }),
]);

const byType = [single, double, undefined, half] as const;

export const precisionConversions = instructions("Floating-point data-processing (1 source): FCVT", [
  define("FCVT", "000 11110 ptype:2!10 1 0001 opc:2!10 10000 Rn Rd", {
    simd: true,
    statics: ["ptype", "opc"],
    where: (w) => w.ptype !== w.opc,
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, { ptype, opc }, { d, n }) => {
      const from = byType[ptype]!;
      const to = byType[opc]!;
      if (from === half || to === half) {
        writeBits(pe, to, d, pe.call(softConvert(from, to), readBits(pe, from, n)));
        return;
      }
      const x = pe.let(readFloat(pe, from, n));
      const result = pe.variable(pe.op(to === double ? "f64.promote_f32" : "f32.demote_f64", x));
      const r = result.get();
      const acceptable =
        to === double ? pe.and(isNumber(pe, x), keepsDenormals(pe)) : fastAnd(pe, isOrdinary(pe, to, r));
      pe.ifUnlikely(pe.eqz(acceptable), () => {
        const careful = to === double ? softConvert(from, to) : demote;
        result.set(fromBits(pe, to, pe.call(careful, bitsOf(pe, x))));
      });
      writeFloat(pe, to, d, r);
    },
    assembly: (w) => `fcvt\t${floatName(byType[w.opc!]!, w.Rd!)}, ${floatName(byType[w.ptype!]!, w.Rn!)}`,
  }),
]);
