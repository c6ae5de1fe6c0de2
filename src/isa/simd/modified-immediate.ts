import { immediate, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex } from "../text.js";
import { vectorName } from "./text.js";
import { fromScalar, vectorOf, zeros } from "./vector.js";

function imm8(f: Fields): number {
  return (f.abc! << 5) | f.defgh!;
}

function repeat(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let i = 0; i < 64; i += bits) result |= value << BigInt(i);
  return result;
}

/** The floating-point number that imm8 stands for: sign, a 3-bit exponent, a 4-bit fraction (VFPExpandImm). */
function floatImmediate(imm: number): number {
  const exponent = ((imm >> 4) & 7) ^ 4;
  return (imm & 0x80 ? -1 : 1) * (1 + (imm & 15) / 16) * 2 ** (exponent - 3);
}

/** The pattern of that number in half, single or double precision (`size` 1 to 3). */
function floatPattern(imm: number, size: number): bigint {
  const exponentBits = [0, 5, 8, 11][size]!;
  const width = 8 << size;
  const fractionBits = width - 1 - exponentBits;
  const sign = BigInt(imm >> 7);
  const b = BigInt((imm >> 6) & 1);
  const repeated = b ? (1n << BigInt(exponentBits - 3)) - 1n : 0n;
  const exponent = ((b ^ 1n) << BigInt(exponentBits - 1)) | (repeated << 2n) | BigInt((imm >> 4) & 3);
  return (
    (sign << BigInt(width - 1)) | (exponent << BigInt(fractionBits)) | (BigInt(imm & 15) << BigInt(fractionBits - 4))
  );
}

/** AdvSIMDExpandImm, before the inversion of MVNI and BIC. */
function expand(f: Fields): bigint {
  const imm = imm8(f);
  const value = BigInt(imm);
  const cmode = f.cmode!;
  if (cmode < 8) return repeat(value << BigInt((cmode >> 1) * 8), 32);
  if (cmode < 12) return repeat(value << BigInt(((cmode >> 1) & 1) * 8), 16);
  if (cmode < 14) return repeat((value << (cmode & 1 ? 16n : 8n)) | (cmode & 1 ? 0xffffn : 0xffn), 32);
  if (cmode === 14) {
    if (!f.op) return repeat(value, 8);
    let mask = 0n;
    for (let i = 0; i < 8; i++) if (imm & (1 << i)) mask |= 0xffn << BigInt(8 * i);
    return mask;
  }
  if (f.o2) return repeat(floatPattern(imm, 1), 16);
  return f.op ? floatPattern(imm, 3) : repeat(floatPattern(imm, 2), 32);
}

/** ORR and BIC: odd cmode below 12. */
function isLogical(f: Fields): boolean {
  return f.cmode! < 12 && (f.cmode! & 1) === 1;
}

/** Values of the derived static `form`. */
const move = 0;
const zero = 1;
const orr = 2;
const bic = 3;

function value(f: Fields): bigint {
  const inverted = f.op === 1 && f.cmode! < 14 && !isLogical(f);
  return inverted ? BigInt.asUintN(64, ~expand(f)) : expand(f);
}

function text(f: Fields): string {
  const imm = imm8(f);
  const cmode = f.cmode!;
  const name = (size: number): string => vectorName(size, f.Q!, f.Rd!);
  if (cmode < 12) {
    const amount = (cmode < 8 ? cmode >> 1 : (cmode >> 1) & 1) * 8;
    const mnemonic = isLogical(f) ? (f.op ? "bic" : "orr") : f.op ? "mvni" : "movi";
    return `${mnemonic}\t${name(cmode < 8 ? 2 : 1)}, #${hex(imm)}${amount ? `, lsl #${amount}` : ""}`;
  }
  if (cmode < 14) return `${f.op ? "mvni" : "movi"}\t${name(2)}, #${hex(imm)}, msl #${cmode & 1 ? 16 : 8}`;
  if (cmode === 14) {
    if (!f.op) return `movi\t${name(0)}, #${hex(imm)}`;
    return `movi\t${f.Q ? name(3) : `d${f.Rd}`}, #${hex(expand(f))}`;
  }
  const size = f.o2 ? 1 : f.op ? 3 : 2;
  return `fmov\t${name(size)}, #${floatImmediate(imm)
    .toExponential(18)
    .replace(/e([+-])(\d)$/, "e$10$2")}`;
}

function modifiedImmediate(name: string, o2: number, feature?: "FEAT_FP16") {
  return define(name, `0 Q op 0111100000 abc:3 cmode:4 ${o2 ? "o2!0" : "0"} 1 defgh:5 Rd`, {
    simd: true,
    ...(feature ? { feature } : {}),
    statics: ["Q"],
    where: (f) => (o2 ? f.o2 === 1 && f.cmode === 15 && f.op === 0 : f.cmode !== 15 || f.op === 0 || f.Q === 1),
    operands: (f) => ({ d: vector(f.Rd!), imm: immediate(value(f)) }),
    derive: (f) => ({ form: isLogical(f) ? (f.op ? bic : orr) : value(f) === 0n ? zero : move }),
    execute: (pe, { Q, form }, { d, imm }) => {
      if (form === zero) return pe.writeV(d, zeros(pe));
      const constant = pe.immediate64(imm);
      if (form === move) return pe.writeV(d, Q ? pe.op("i64x2.splat", constant) : fromScalar(pe, constant));
      const operation = form === orr ? "v128.or" : "v128.andnot";
      pe.writeV(d, vectorOf(pe, Q, pe.op(operation, pe.readV(d), pe.op("i64x2.splat", constant))));
    },
    assembly: text,
  });
}

export const modifiedImmediateInstructions = instructions("Advanced SIMD modified immediate", [
  modifiedImmediate("MOVI/MVNI/ORR/BIC/FMOV (vector, immediate)", 0),
  modifiedImmediate("FMOV (vector, immediate), half-precision", 1, "FEAT_FP16"),
]);
