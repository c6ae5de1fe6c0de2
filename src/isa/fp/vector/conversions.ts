import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";

import { laneBits, withLaneBits } from "../access.js";
import { carefulFromFixed, carefulToFixed, demote } from "../careful-convert.js";
import { keepsDenormals } from "../fast.js";
import type { Family } from "../soft/arithmetic.js";
import { softConvert, softConvertToOdd } from "../soft/convert.js";
import { double, type Format, formats, half, single } from "../soft/format.js";
import { roundVector } from "./operations.js";
import { allNumbers, constant, fastBelow, fastOrdinary, hostVector, type Operation, spread } from "./shape.js";

/** 2^exponent (an i32) in every element. */
function splatPowerOfTwo(pe: Builder, f: Format, exponent: Node): Node {
  const biased = pe.add(pe.c32(f.bias), exponent);
  if (f === single) return pe.op("i32x4.splat", pe.shl(biased, pe.c32(23)));
  return pe.op("i64x2.splat", pe.shl(pe.zeroExtend(biased), pe.c64(52)));
}

/** A conversion of both elements of a vector that WebAssembly only has for scalars. */
function bothLanes(pe: Builder, v: Node, extract: string, operation: string, replace: string): Node {
  const value = pe.let(v);
  const lane = (i: number): Node => pe.op(operation, pe.lane(`${extract}.extract_lane`, i, value));
  const low = pe.lane(`${replace}.replace_lane`, 0, pe.c128(new Uint8Array(16)), lane(0));
  return pe.lane(`${replace}.replace_lane`, 1, low, lane(1));
}

const families = new Map<string, Family>();

/** The routines (x, fraction bits) that `write` writes for each format: made once by their names. */
function family(
  name: (f: Format) => string,
  write: (f: Format) => (pe: Builder, x: Node | undefined, n: Node | undefined) => void,
): Family {
  const key = name(single);
  let known = families.get(key);
  if (known === undefined) {
    known = new Map(formats.map((f) => [f, routine(name(f), ["i64", "i32"], "i64", write(f))]));
    families.set(key, known);
  }
  return known;
}

/** Elements to integers of their width, rounded in `mode`; `fbits`, if any, gives the number of fraction bits. */
export function toInteger(mode: number, unsigned: number, fbits?: (pe: Builder) => Node): Operation {
  const suffix = unsigned ? "u" : "s";
  // The width of the result is the format's.
  return {
    soft: family(
      (f) => `FPToFixed.${f.letter}.${mode}${suffix}`,
      (f) => (pe, x, n) =>
        pe.return(pe.call(carefulToFixed.get(f)!, x!, n!, pe.c32(mode), pe.c32(unsigned), pe.c32(f.width))),
    ),
    more: (pe) => [fbits?.(pe) ?? pe.c32(0)],
    fast: (pe, f, [x]) => {
      const h = hostVector(f);
      const scaled = fbits === undefined ? x! : pe.op(`${h}.mul`, x!, splatPowerOfTwo(pe, f, fbits(pe)));
      const y = pe.let(mode === 3 ? scaled : roundVector(pe, f, scaled, mode));
      const limit = BigInt(f.bias + f.width - (unsigned ? 0 : 1)) << BigInt(f.fractionBits);
      return {
        value:
          f === single
            ? pe.op(`i32x4.trunc_sat_f32x4_${suffix}`, y)
            : bothLanes(pe, y, "f64x2", `i64.trunc_sat_f64_${suffix}`, "i64x2"),
        acceptable: () => {
          const below = fastBelow(pe, f, y, limit);
          if (!unsigned) return below;
          const notNegative = pe.op(`${h}.ge`, y, constant(pe, f, 0n));
          return pe.and(below, pe.op(f === single ? "i32x4.all_true" : "i64x2.all_true", notNegative));
        },
      };
    },
  };
}

/** Integers to numbers of their width. */
export function fromInteger(unsigned: number, fbits?: (pe: Builder) => Node): Operation {
  const suffix = unsigned ? "u" : "s";
  return {
    soft: family(
      (f) => `FixedToFP.${f.letter}.${suffix}`,
      (f) => (pe, x, n) => {
        const unused = pe.c64(64 - f.width);
        const value = unsigned ? x! : pe.shrS(pe.shl(x!, unused), unused);
        pe.return(pe.call(carefulFromFixed.get(f)!, pe.let(value), n!, pe.c32(unsigned)));
      },
    ),
    more: (pe) => [fbits?.(pe) ?? pe.c32(0)],
    fast: (pe, f, [x]) => {
      const converted =
        f === single
          ? pe.op(`f32x4.convert_i32x4_${suffix}`, x!)
          : bothLanes(pe, x!, "i64x2", `f64.convert_i64_${suffix}`, "f64x2");
      const scale = fbits && splatPowerOfTwo(pe, f, pe.sub(pe.c32(0), fbits(pe)));
      return {
        value: scale ? pe.op(`${hostVector(f)}.mul`, converted, scale) : converted,
        acceptable: () => pe.readState("fpFast"),
      };
    },
  };
}

const converters = new Map<string, Routine>();

/** Converts `lanes` elements, from the lowest, with a scalar routine. */
function convertLanes(from: Format, to: Format, scalar: Routine, lanes: number): Routine {
  const name = `${scalar.name}.${lanes}`;
  let known = converters.get(name);
  if (known === undefined) {
    known = routine(name, ["v128"], "v128", (pe, v) => {
      let result = pe.c128(new Uint8Array(16));
      for (let i = 0; i < lanes; i++) {
        result = pe.let(withLaneBits(pe, to, result, i, pe.call(scalar, laneBits(pe, from, v!, i))));
      }
      pe.return(result);
    });
    converters.set(name, known);
  }
  return known;
}

/** The low half of `v` as elements twice as wide. */
export function lengthen(pe: Builder, to: Format, v: Node): Node {
  const from = to === double ? single : half;
  const convert = convertLanes(from, to, softConvert(from, to), 128 / to.width);
  if (from === half) return pe.call(convert, v);
  const source = pe.let(v);
  const result = pe.variable(pe.op("f64x2.promote_low_f32x4", source));
  const r = result.get();
  pe.ifUnlikely(pe.eqz(pe.and(allNumbers(pe, double, r), keepsDenormals(pe))), () => {
    result.set(pe.call(convert, source));
  });
  return r;
}

/** Elements of `v` as ones half as wide, in the low half; the upper half is zero. `lanes` of them count. */
export function narrow(pe: Builder, from: Format, v: Node, lanes: number, toOdd: boolean): Node {
  const to = from === double ? single : half;
  if (toOdd) return pe.call(convertLanes(from, to, softConvertToOdd, lanes), v);
  if (from === single) return pe.call(convertLanes(from, to, softConvert(from, to), lanes), v);
  const source = pe.let(v);
  const result = pe.variable(pe.op("f32x4.demote_f64x2_zero", source));
  const r = result.get();
  pe.ifUnlikely(pe.eqz(fastOrdinary(pe, single, spread(pe, { f: single, lanes: 2 }, r))), () => {
    result.set(pe.call(convertLanes(from, to, demote, lanes), source));
  });
  return r;
}
