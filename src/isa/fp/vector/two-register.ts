import { type Builder, type Node, vector } from "../../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../../definition.js";
import { scalarName, vectorName } from "../../simd/text.js";
import { joinLow } from "../../simd/vector.js";
import type { Family } from "../soft/arithmetic.js";
import { double, type Format, half, patterns, single } from "../soft/format.js";
import { softRoundIntegralN } from "../soft/integral.js";
import { roundingMode } from "../soft/status.js";
import { fromInteger, lengthen, narrow, toInteger } from "./conversions.js";
import { defineShaped } from "./definition.js";
import * as operations from "./operations.js";
import { apply, constant, cut, type Operation, type Shape, sizeOf } from "./shape.js";

type Compute = (pe: Builder, shape: Shape, n: Node) => Node;

interface Options {
  readonly kinds: "vector" | "scalar" | "both" | "vector without half";
  readonly feature?: Feature;
  /** Text after the registers. */
  readonly tail?: string;
}

function unary(
  mnemonic: string,
  U: number,
  o1: number,
  opcode: string,
  { kinds, feature, tail = "" }: Options,
  compute: Compute,
): Definition[] {
  const singleDouble = `${o1} sz 10000 ${opcode} 10 Rn Rd`;
  const halfPrecision = `${o1} 1111 00 ${opcode} 10 Rn Rd`;
  const encodings = {
    ...(kinds === "scalar" ? {} : { vector: `0 Q ${U} 01110 ${singleDouble}` }),
    ...(kinds === "scalar" || kinds === "vector without half" ? {} : { vectorHalf: `0 Q ${U} 01110 ${halfPrecision}` }),
    ...(kinds === "scalar" || kinds === "both"
      ? { scalar: `01 ${U} 11110 ${singleDouble}`, scalarHalf: `01 ${U} 11110 ${halfPrecision}` }
      : {}),
  };
  return defineShaped(`${mnemonic.toUpperCase()}${tail === "" ? "" : " (zero)"}`, encodings, {
    ...(feature === undefined ? {} : { feature }),
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, shape, { d, n }) => {
      pe.writeV(d, compute(pe, shape, pe.readV(n)));
    },
    assembly: (w, name) => `${mnemonic}\t${name(w.Rd!)}, ${name(w.Rn!)}${tail}`,
  });
}

const by =
  (operation: Operation): Compute =>
  (pe, shape, n) =>
    apply(pe, shape, operation, [n]);

/** Compares with zero: n on the left, or on the right when `swapped`. */
const withZero =
  (operation: Operation, swapped: boolean): Compute =>
  (pe, shape, n) => {
    const zero = constant(pe, shape.f, 0n);
    return apply(pe, shape, operation, swapped ? [zero, n] : [n, zero]);
  };

const absolute: Compute = (pe, shape, n) =>
  cut(pe, shape, pe.op("v128.and", n, constant(pe, shape.f, patterns(shape.f).magnitude)));
const negated: Compute = (pe, shape, n) => cut(pe, shape, operations.negate(pe, shape.f, n));

/** FRINT32*, FRINT64*. */
const sized = (size: number, current: boolean): Compute =>
  by({
    soft: softRoundIntegralN as Family,
    more: (pe) => [current ? roundingMode(pe) : pe.c32(3), pe.c32(size)],
  });

const vectorOnly: Options = { kinds: "vector" };
const both: Options = { kinds: "both" };
const zero: Options = { kinds: "both", tail: ", #0.0" };
const rounding: Options = { kinds: "vector without half", feature: "FEAT_FRINTTS" };

/** Advanced SIMD two-register miscellaneous, floating-point, and its FP16 and scalar forms: U, the bit o1, opcode. */
export const floatTwoRegister = instructions("Advanced SIMD two-register miscellaneous: floating-point", [
  ...unary("frintn", 0, 0, "11000", vectorOnly, by(operations.roundIntegral(0))),
  ...unary("frintm", 0, 0, "11001", vectorOnly, by(operations.roundIntegral(2))),
  ...unary("fcvtns", 0, 0, "11010", both, by(toInteger(0, 0))),
  ...unary("fcvtms", 0, 0, "11011", both, by(toInteger(2, 0))),
  ...unary("fcvtas", 0, 0, "11100", both, by(toInteger(4, 0))),
  ...unary("scvtf", 0, 0, "11101", both, by(fromInteger(0))),
  ...unary("frint32z", 0, 0, "11110", rounding, sized(32, false)),
  ...unary("frint64z", 0, 0, "11111", rounding, sized(64, false)),
  ...unary("fcmgt", 0, 1, "01100", zero, withZero(operations.greater, false)),
  ...unary("fcmeq", 0, 1, "01101", zero, withZero(operations.equal, false)),
  ...unary("fcmlt", 0, 1, "01110", zero, withZero(operations.greater, true)),
  ...unary("fabs", 0, 1, "01111", vectorOnly, absolute),
  ...unary("frintp", 0, 1, "11000", vectorOnly, by(operations.roundIntegral(1))),
  ...unary("frintz", 0, 1, "11001", vectorOnly, by(operations.roundIntegral(3))),
  ...unary("fcvtps", 0, 1, "11010", both, by(toInteger(1, 0))),
  ...unary("fcvtzs", 0, 1, "11011", both, by(toInteger(3, 0))),
  ...unary("frecpe", 0, 1, "11101", both, by(operations.reciprocalEstimate)),
  ...unary("frecpx", 0, 1, "11111", { kinds: "scalar" }, by(operations.reciprocalExponent)),
  ...unary("frinta", 1, 0, "11000", vectorOnly, by(operations.roundIntegral(4))),
  ...unary("frintx", 1, 0, "11001", vectorOnly, by(operations.roundIntegral(6))),
  ...unary("fcvtnu", 1, 0, "11010", both, by(toInteger(0, 1))),
  ...unary("fcvtmu", 1, 0, "11011", both, by(toInteger(2, 1))),
  ...unary("fcvtau", 1, 0, "11100", both, by(toInteger(4, 1))),
  ...unary("ucvtf", 1, 0, "11101", both, by(fromInteger(1))),
  ...unary("frint32x", 1, 0, "11110", rounding, sized(32, true)),
  ...unary("frint64x", 1, 0, "11111", rounding, sized(64, true)),
  ...unary("fcmge", 1, 1, "01100", zero, withZero(operations.greaterEqual, false)),
  ...unary("fcmle", 1, 1, "01101", zero, withZero(operations.greaterEqual, true)),
  ...unary("fneg", 1, 1, "01111", vectorOnly, negated),
  ...unary("frinti", 1, 1, "11001", vectorOnly, by(operations.roundIntegral(7))),
  ...unary("fcvtpu", 1, 1, "11010", both, by(toInteger(1, 1))),
  ...unary("fcvtzu", 1, 1, "11011", both, by(toInteger(3, 1))),
  ...unary("frsqrte", 1, 1, "11101", both, by(operations.rootEstimate)),
  ...unary("fsqrt", 1, 1, "11111", vectorOnly, by(operations.squareRoot)),
]);

/** The wider of the two formats that a conversion between precisions is about. */
const widerOf = (w: { readonly sz?: number }): Format => (w.sz ? double : single);
const narrowerOf = (f: Format): Format => (f === double ? single : half);

const lengthening = define("FCVTL/FCVTL2", "0 Q 0 01110 0 sz 10000 10111 10 Rn Rd", {
  simd: true,
  statics: ["Q", "sz"],
  operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
  execute: (pe, { Q, sz }, { d, n }) => {
    const v = pe.let(pe.readV(n));
    const upper = [8, 9, 10, 11, 12, 13, 14, 15];
    pe.writeV(d, lengthen(pe, widerOf({ sz }), Q ? pe.shuffle(v, v, [...upper, ...upper]) : v));
  },
  assembly: (w) => {
    const size = sizeOf(widerOf(w));
    return `fcvtl${w.Q ? "2" : ""}\t${vectorName(size, 1, w.Rd!)}, ${vectorName(size - 1, w.Q!, w.Rn!)}`;
  },
});

function narrowing(mnemonic: string, U: number, sz: string, toOdd: boolean): Definition {
  return define(`${mnemonic.toUpperCase()}/${mnemonic.toUpperCase()}2`, `0 Q ${U} 01110 0 ${sz} 10000 10110 10 Rn Rd`, {
    simd: true,
    statics: sz === "sz" ? ["Q", "sz"] : ["Q"],
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
    execute: (pe, s: { readonly Q: number; readonly sz?: number }, { d, n }) => {
      const f = sz === "sz" ? widerOf(s) : double;
      const r = narrow(pe, f, pe.readV(n), 128 / f.width, toOdd);
      pe.writeV(d, s.Q ? joinLow(pe, pe.readV(d), r) : r);
    },
    assembly: (w) => {
      const f = sz === "sz" ? widerOf(w) : double;
      const target = vectorName(sizeOf(narrowerOf(f)), w.Q!, w.Rd!);
      return `${mnemonic}${w.Q ? "2" : ""}\t${target}, ${vectorName(sizeOf(f), 1, w.Rn!)}`;
    },
  });
}

export const floatPrecisionConversions = instructions(
  "Advanced SIMD two-register miscellaneous: conversion between precisions",
  [
    lengthening,
    narrowing("fcvtn", 0, "sz", false),
    narrowing("fcvtxn", 1, "1", true),
    define("FCVTXN (scalar)", "01 1 11110 0 1 10000 10110 10 Rn Rd", {
      simd: true,
      operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!) }),
      execute: (pe, _, { d, n }) => {
        pe.writeV(d, narrow(pe, double, pe.readV(n), 1, true));
      },
      assembly: (w) => `fcvtxn\t${scalarName(2, w.Rd!)}, ${scalarName(3, w.Rn!)}`,
    }),
  ],
);
