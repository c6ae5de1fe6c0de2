import { type Builder, type Node, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import { elements, upTo } from "../simd/vector.js";
import { inverseSubstitution, type SubstitutionTables, substitution } from "./aes-tables.js";

/** Applies an S-box to all bytes (see {@link SubstitutionTables}). */
function substitute(pe: Builder, table: SubstitutionTables, v: Node): Node {
  const lowBits = elements(pe, 0, 0x0f);
  const lookUp = (entries: readonly number[], index: Node): Node => pe.op("i8x16.swizzle", pe.c128(entries), index);
  const low = (x: Node): Node => pe.op("v128.and", x, lowBits);
  const high = (x: Node): Node => pe.op("v128.and", pe.op("i16x8.shr_u", x, pe.c32(4)), lowBits);
  const xor = (x: Node, y: Node): Node => pe.op("v128.xor", x, y);

  const ik = pe.let(xor(lookUp(table.inputLow, low(v)), lookUp(table.inputHigh, high(v))));
  const i = pe.let(high(ik));
  const k = pe.let(low(ik));
  const j = pe.let(xor(i, k));
  const ratio = pe.let(lookUp(table.ratio, k));
  const denominatorU = xor(lookUp(table.inverse, i), ratio);
  const denominatorV = xor(lookUp(table.inverse, j), ratio);
  const u = xor(lookUp(table.inverse, denominatorU), j);
  const w = xor(lookUp(table.inverse, denominatorV), i);
  const sum = xor(lookUp(table.outputU, u), lookUp(table.outputV, w));
  return table.offset ? xor(sum, elements(pe, 0, table.offset)) : sum;
}

/** Row r of the state, bytes r, r + 4, ..., rotates by r columns to the left. */
const shiftRows = upTo(16).map((b) => (b + 4 * (b & 3)) & 15);
const inverseShiftRows = upTo(16).map((b) => (b - 4 * (b & 3)) & 15);

/** The S-box and ShiftRows, or their inverses. */
function round(pe: Builder, table: SubstitutionTables, rows: readonly number[], d: VOperand, n: VOperand): Node {
  const state = pe.let(pe.op("v128.xor", pe.readV(d), pe.readV(n)));
  const result = pe.let(substitute(pe, table, state));
  return pe.shuffle(result, result, rows);
}

const bytesOfColumn = (by: number): number[] => upTo(16).map((b) => (b & 12) | ((b + by) & 3));

/** Multiplies each byte by x in AES's field. */
function double(pe: Builder, v: Node): Node {
  const reduction = pe.op("v128.and", pe.op("i8x16.shr_s", v, pe.c32(7)), elements(pe, 0, 0x1b));
  return pe.op("v128.xor", pe.op("i8x16.add", v, v), reduction);
}

/** 2 a[r] + 3 a[r+1] + a[r+2] + a[r+3], as 2 s[r] + a[r+1] + s[r+2] where s[r] = a[r] + a[r+1]. */
function mixColumns(pe: Builder, v: Node): Node {
  const next = pe.let(pe.shuffle(v, v, bytesOfColumn(1)));
  const sum = pe.let(pe.op("v128.xor", v, next));
  const opposite = pe.shuffle(sum, sum, bytesOfColumn(2));
  return pe.op("v128.xor", double(pe, sum), pe.op("v128.xor", next, opposite));
}

/** MixColumns of a[r] + 4 (a[r] + a[r+2]). */
function inverseMixColumns(pe: Builder, v: Node): Node {
  const sum = pe.let(pe.op("v128.xor", v, pe.shuffle(v, v, bytesOfColumn(2))));
  const quadruple = double(pe, pe.let(double(pe, sum)));
  return mixColumns(pe, pe.let(pe.op("v128.xor", v, quadruple)));
}

function aes(name: string, opcode: string, execute: (pe: Builder, d: VOperand, n: VOperand) => Node): Definition {
  const mnemonic = name.toLowerCase();
  return define(name, `0100111000 10100 ${opcode} 10 Rn Rd`, {
    simd: true,
    feature: "FEAT_AES",
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    execute: (pe, _, { d, n }) => pe.writeV(d, execute(pe, d, n)),
    assembly: (f) => `${mnemonic}\tv${f.Rd}.16b, v${f.Rn}.16b`,
  });
}

export const cryptographicAes = instructions("Cryptographic AES", [
  aes("AESE", "00100", (pe, d, n) => round(pe, substitution(), shiftRows, d, n)),
  aes("AESD", "00101", (pe, d, n) => round(pe, inverseSubstitution(), inverseShiftRows, d, n)),
  aes("AESMC", "00110", (pe, _, n) => mixColumns(pe, pe.let(pe.readV(n)))),
  aes("AESIMC", "00111", (pe, _, n) => inverseMixColumns(pe, pe.let(pe.readV(n)))),
]);
