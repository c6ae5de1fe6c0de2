import { type Builder, conditionCode, immediate, type Node, vector } from "../../../ir/index.js";
import { instructions } from "../../definition.js";
import { conditionNames, hex } from "../../text.js";
import { bitsOf, floatConstant, host, readBits, readFloat } from "../access.js";
import { keepsDenormals } from "../fast.js";
import { softCompare } from "../soft/compare.js";
import { type Format, half } from "../soft/format.js";
import { defineFloat, floatName } from "./definition.js";

/** N, Z, C and V, each 0 or 1. */
type Flags = readonly [Node, Node, Node, Node];

function unpackFlags(pe: Builder, nzcv: Node): Flags {
  const bit = (n: number): Node => pe.and(pe.shrU(nzcv, pe.c32(n)), pe.c32(1));
  return [bit(3), bit(2), bit(1), bit(0)];
}

/**
 * Flags of comparing x with y, let values of a host format: less N, equal Z and C, greater C, unordered C and V. NaNs, and
 * denormals that are flushed, leave for the soft routine, which raises what they raise.
 */
function compareFloats(pe: Builder, f: Format, x: Node, y: Node, signalling: number): Flags {
  const h = host(f);
  const less = pe.let(pe.op(`${h}.lt`, x, y));
  const flags: Flags = [
    less,
    pe.op(`${h}.eq`, x, y),
    pe.eqz(less),
    pe.or(pe.op(`${h}.ne`, x, x), pe.op(`${h}.ne`, y, y)),
  ];
  const variables = flags.map((flag) => pe.variable(flag));
  pe.ifUnlikely(pe.or(variables[3]!.get(), pe.eqz(keepsDenormals(pe))), () => {
    const nzcv = pe.call(softCompare.get(f)!, bitsOf(pe, x), bitsOf(pe, y), pe.c32(signalling));
    unpackFlags(pe, nzcv).forEach((flag, i) => {
      variables[i]!.set(flag);
    });
  });
  return variables.map((v) => v.get()) as unknown as Flags;
}

function compare(
  pe: Builder,
  f: Format,
  n: Parameters<Builder["readV"]>[0],
  m: Parameters<Builder["readV"]>[0] | undefined,
  signalling: number,
): Flags {
  if (f === half) {
    const y = m === undefined ? pe.c64(0) : readBits(pe, f, m);
    return unpackFlags(pe, pe.call(softCompare.get(f)!, readBits(pe, f, n), y, pe.c32(signalling)));
  }
  const y = pe.let(m === undefined ? floatConstant(pe, f, 0n) : readFloat(pe, f, m));
  return compareFloats(pe, f, pe.let(readFloat(pe, f, n)), y, signalling);
}

const compareName = (e: number | undefined): string => (e ? "fcmpe" : "fcmp");

export const compares = instructions("Floating-point compare", [
  ...defineFloat("FCMP/FCMPE (register)", "000 11110 ptype 1 Rm 00 1000 Rn e 0 000", {
    statics: ["e"],
    operands: (w) => ({ n: vector(w.Rn!), m: vector(w.Rm!) }),
    execute: (pe, f, { e }, { n, m }) => {
      pe.setNzcv(...compare(pe, f, n, m, e));
    },
    assembly: (w, f) => `${compareName(w.e)}\t${floatName(f, w.Rn!)}, ${floatName(f, w.Rm!)}`,
  }),
  ...defineFloat("FCMP/FCMPE (zero)", "000 11110 ptype 1 xxxxx 00 1000 Rn e 1 000", {
    statics: ["e"],
    operands: (w) => ({ n: vector(w.Rn!) }),
    execute: (pe, f, { e }, { n }) => {
      pe.setNzcv(...compare(pe, f, n, undefined, e));
    },
    assembly: (w, f) => `${compareName(w.e)}\t${floatName(f, w.Rn!)}, #0.0`,
  }),
]);

export const conditionalCompares = instructions(
  "Floating-point conditional compare",
  defineFloat("FCCMP/FCCMPE", "000 11110 ptype 1 Rm cond 01 Rn e nzcv", {
    statics: ["e"],
    operands: (w) => ({
      n: vector(w.Rn!),
      m: vector(w.Rm!),
      condition: conditionCode(w.cond!),
      otherwise: immediate(w.nzcv!),
    }),
    execute: (pe, f, { e }, { n, m, condition, otherwise }) => {
      const flags = unpackFlags(pe, pe.immediate32(otherwise)).map((flag) => pe.variable(flag));
      pe.if(pe.condition(condition), () => {
        compare(pe, f, n, m, e).forEach((flag, i) => {
          flags[i]!.set(flag);
        });
      });
      const [N, Z, C, V] = flags.map((flag) => flag.get()) as [Node, Node, Node, Node];
      pe.setNzcv(N, Z, C, V);
    },
    assembly: (w, f) =>
      `fccmp${w.e ? "e" : ""}\t${floatName(f, w.Rn!)}, ${floatName(f, w.Rm!)}, #${hex(w.nzcv!)}, ${conditionNames[w.cond!]}`,
  }),
);
