import { conditionCode, destinationOrZero, immediate, sourceOrZero, vector } from "../../../ir/index.js";
import { define, instructions } from "../../definition.js";
import { conditionNames, registerName } from "../../text.js";
import { laneBits, readBits, withLaneBits, writeBits } from "../access.js";
import { double, type Format, half, pattern, patterns, single } from "../soft/format.js";
import { defineFloat, floatName } from "./definition.js";
import { expandedImmediate, scientific } from "./text.js";

/** VFPExpandImm: the pattern of an 8-bit immediate in format `f`. */
export function expandImmediate(f: Format, imm8: number): bigint {
  const e = f.exponentBits;
  const b = (imm8 >> 6) & 1;
  const exponent = ((b ? 0 : 1) << (e - 1)) | ((b ? (1 << (e - 3)) - 1 : 0) << 2) | ((imm8 >> 4) & 3);
  const sign = BigInt(imm8 >> 7) << BigInt(f.width - 1);
  return sign | (BigInt(exponent) << BigInt(f.fractionBits)) | (BigInt(imm8 & 15) << BigInt(f.fractionBits - 4));
}

export const immediates = instructions(
  "Floating-point immediate",
  defineFloat("FMOV (scalar, immediate)", "000 11110 ptype 1 imm8 100 00000 Rd", {
    operands: (w, f) => ({
      d: vector(w.Rd!),
      imm: immediate(BigInt.asIntN(64, expandImmediate(f, w.imm8!))),
    }),
    execute: (pe, f, _, { d, imm }) => {
      writeBits(pe, f, d, pe.immediate64(imm));
    },
    assembly: (w, f) => `fmov\t${floatName(f, w.Rd!)}, #${scientific(expandedImmediate(w.imm8!))}`,
  }),
);

const moveNames = ["fmov", "fabs", "fneg"] as const;

export const moves = instructions(
  "Floating-point data-processing (1 source): moves",
  defineFloat("FMOV/FABS/FNEG (register)", "000 11110 ptype 1 0000 opc:2!11 10000 Rn Rd", {
    statics: ["opc"],
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, f, { opc }, { d, n }) => {
      const { sign, magnitude } = patterns(f);
      const x = readBits(pe, f, n);
      const result = opc === 0 ? x : opc === 1 ? pe.and(x, pattern(pe, magnitude)) : pe.xor(x, pattern(pe, sign));
      writeBits(pe, f, d, result);
    },
    assembly: (w, f) => `${moveNames[w.opc!]}\t${floatName(f, w.Rd!)}, ${floatName(f, w.Rn!)}`,
  }),
);

export const selects = instructions(
  "Floating-point conditional select",
  defineFloat("FCSEL", "000 11110 ptype 1 Rm cond 11 Rn Rd", {
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(w.Rm!), condition: conditionCode(w.cond!) }),
    execute: (pe, f, _, { d, n, m, condition }) => {
      writeBits(pe, f, d, pe.select(pe.condition(condition), readBits(pe, f, n), readBits(pe, f, m)));
    },
    assembly: (w, f) =>
      `fcsel\t${[w.Rd!, w.Rn!, w.Rm!].map((r) => floatName(f, r)).join(", ")}, ${conditionNames[w.cond!]}`,
  }),
);

/** FMOV between a general-purpose and a SIMD and floating-point register, in each direction. */
function generalMoves(name: string, f: Format, sf: 0 | 1, ptype: string): ReturnType<typeof define>[] {
  const feature = f === half ? { feature: "FEAT_FP16" as const } : {};
  const head = `${sf} 00 11110 ${ptype} 1 00`;
  return [
    define(`${name} to general`, `${head} 110 000000 Rn Rd`, {
      ...feature,
      simd: true,
      operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, _, { d, n }) => {
        const x = readBits(pe, f, n);
        pe.write(sf ? 64 : 32, d, sf ? x : pe.low32(x));
      },
      assembly: (w) => `fmov\t${registerName(sf, w.Rd!)}, ${floatName(f, w.Rn!)}`,
    }),
    define(`${name} from general`, `${head} 111 000000 Rn Rd`, {
      ...feature,
      simd: true,
      operands: (w) => ({ d: vector(w.Rd!), n: sourceOrZero(w.Rn!) }),
      execute: (pe, _, { d, n }) => {
        writeBits(pe, f, d, pe.read(64, n));
      },
      assembly: (w) => `fmov\t${floatName(f, w.Rd!)}, ${registerName(sf, w.Rn!)}`,
    }),
  ];
}

export const generalRegisterMoves = instructions("Conversion between floating-point and integer: moves", [
  ...generalMoves("FMOV (general) S", single, 0, "00"),
  ...generalMoves("FMOV (general) D", double, 1, "01"),
  ...generalMoves("FMOV (general) H and W", half, 0, "11"),
  ...generalMoves("FMOV (general) H and X", half, 1, "11"),
  define("FMOV (general) top half to general", "1 00 11110 10 1 01 110 000000 Rn Rd", {
    simd: true,
    operands: (w) => ({ d: destinationOrZero(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, _, { d, n }) => {
      pe.write(64, d, laneBits(pe, double, pe.readV(n), 1));
    },
    assembly: (w) => `fmov\t${registerName(1, w.Rd!)}, v${w.Rn}.d[1]`,
  }),
  define("FMOV (general) top half from general", "1 00 11110 10 1 01 111 000000 Rn Rd", {
    simd: true,
    operands: (w) => ({ d: vector(w.Rd!), n: sourceOrZero(w.Rn!) }),
    execute: (pe, _, { d, n }) => {
      pe.writeV(d, withLaneBits(pe, double, pe.readV(d), 1, pe.read(64, n)));
    },
    assembly: (w) => `fmov\tv${w.Rd}.d[1], ${registerName(1, w.Rn!)}`,
  }),
]);
