import { vector } from "../../../ir/index.js";
import { define, instructions } from "../../definition.js";
import { host, readBits, readFloat, writeBits, writeFloat } from "../access.js";
import { carefulSquareRoot } from "../careful.js";
import { fastAnd, isFiniteNumber, isNumber, keepsDenormals, roundsToNearest, unless } from "../fast.js";
import { roundFloat } from "../round-float.js";
import { double, half, single } from "../soft/format.js";
import { softRoundIntegral, softRoundIntegralN } from "../soft/integral.js";
import { roundingMode } from "../soft/status.js";
import { defineFloat, floatName } from "./definition.js";

const squareRoots = defineFloat("FSQRT (scalar)", "000 11110 ptype 1 000011 10000 Rn Rd", {
  operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
  execute: (pe, f, _, { d, n }) => {
    const careful = carefulSquareRoot.get(f)!;
    if (f === half) {
      writeBits(pe, f, d, pe.call(careful, readBits(pe, f, n)));
      return;
    }
    const x = pe.let(readFloat(pe, f, n));
    const value = pe.op(`${host(f)}.sqrt`, x);
    writeFloat(
      pe,
      f,
      d,
      unless(pe, f, (r) => fastAnd(pe, isFiniteNumber(pe, f, r)), value, careful, [x]),
    );
  },
  assembly: (w, f) => `fsqrt\t${floatName(f, w.Rd!)}, ${floatName(f, w.Rn!)}`,
});

/** FRINT's last letter by its "rmode" field; 6 and 7 round as FPCR says, 6 with FPSR.IXC. */
const letters = ["n", "p", "m", "z", "a", "", "x", "i"] as const;

const roundings = defineFloat("FRINTN/P/M/Z/A/X/I (scalar)", "000 11110 ptype 1 001 rmode:3!101 10000 Rn Rd", {
  statics: ["rmode"],
  operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
  execute: (pe, f, { rmode }, { d, n }) => {
    const soft = softRoundIntegral.get(f)!;
    const current = rmode >= 6;
    const more = [current ? roundingMode(pe) : pe.c32(rmode), pe.c32(rmode === 6 ? 1 : 0)];
    if (f === half) {
      writeBits(pe, f, d, pe.call(soft, readBits(pe, f, n), ...more));
      return;
    }
    const x = pe.let(readFloat(pe, f, n));
    const value = roundFloat(pe, x, current ? 0 : rmode);
    const mode = rmode === 6 ? pe.readState("fpFast") : rmode === 7 ? roundsToNearest(pe) : keepsDenormals(pe);
    writeFloat(
      pe,
      f,
      d,
      unless(pe, f, (r) => pe.and(isNumber(pe, r), mode), value, soft, [x], more),
    );
  },
  assembly: (w, f) => `frint${letters[w.rmode!]}\t${floatName(f, w.Rd!)}, ${floatName(f, w.Rn!)}`,
});

const sizedRoundings = define("FRINT32Z/32X/64Z/64X (scalar)", "000 11110 0 double 1 0100 op:2 10000 Rn Rd", {
  feature: "FEAT_FRINTTS",
  simd: true,
  statics: ["double", "op"],
  operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
  execute: (pe, s, { d, n }) => {
    const f = s.double ? double : single;
    const mode = s.op & 1 ? roundingMode(pe) : pe.c32(3);
    const size = pe.c32(s.op & 2 ? 64 : 32);
    writeBits(pe, f, d, pe.call(softRoundIntegralN.get(f)!, readBits(pe, f, n), mode, size));
  },
  assembly: (w) => {
    const f = w.double ? double : single;
    return `frint${w.op! & 2 ? 64 : 32}${w.op! & 1 ? "x" : "z"}\t${floatName(f, w.Rd!)}, ${floatName(f, w.Rn!)}`;
  },
});

export const oneSource = instructions("Floating-point data-processing (1 source)", [
  ...squareRoots,
  ...roundings,
  sizedRoundings,
]);
