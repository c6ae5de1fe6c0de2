import { type Builder, immediate, type Node, type Routine, routine, vector } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import { listed } from "../simd/unimplemented.js";
import { fromDoublewords, upTo } from "../simd/vector.js";
import { choose, majority, rotateElements, smallSigma } from "./sha.js";

function doubleword(pe: Builder, v: Node, index: number): Node {
  return pe.let(pe.lane("i64x2.extract_lane", index, v));
}

/** x rotated right by each of `amounts`, all of it added without carries. */
function rotations(pe: Builder, x: Node, amounts: readonly number[]): Node {
  return amounts.map((by) => pe.rotr(x, pe.c64(by))).reduce((a, b) => pe.xor(a, b));
}

/** SHA512H: w, x, y are the registers d, n, m. */
const firstHalf: Routine = routine("SHA512H", ["v128", "v128", "v128"], "v128", (pe, w, x, y) => {
  const [x0, x1, y0, y1] = [doubleword(pe, x!, 0), doubleword(pe, x!, 1), doubleword(pe, y!, 0), doubleword(pe, y!, 1)];
  const step = (e: Node, f: Node, g: Node, i: number): Node =>
    pe.let(pe.add(pe.add(choose(pe, e, f, g), rotations(pe, e, [14, 18, 41])), doubleword(pe, w!, i)));
  const high = step(y1, x0, x1, 1);
  const low = step(pe.let(pe.add(high, y0)), y1, x0, 0);
  pe.return(fromDoublewords(pe, low, high));
});

/** SHA512H2: w, x, y are the registers d, n, m. */
const secondHalf: Routine = routine("SHA512H2", ["v128", "v128", "v128"], "v128", (pe, w, x, y) => {
  const [x0, y0, y1] = [doubleword(pe, x!, 0), doubleword(pe, y!, 0), doubleword(pe, y!, 1)];
  const step = (a: Node, b: Node, c: Node, rotated: Node, i: number): Node =>
    pe.let(pe.add(pe.add(majority(pe, a, b, c), rotations(pe, rotated, [28, 34, 39])), doubleword(pe, w!, i)));
  const high = step(x0, y1, y0, y0, 1);
  const low = step(high, y0, y1, high, 0);
  pe.return(fromDoublewords(pe, low, high));
});

type Style = "qqv" | "vvv";

function three(
  name: string,
  opcode: string,
  feature: Feature,
  style: Style,
  result: (pe: Builder, d: Node, n: Node, m: Node) => Node,
): Definition {
  const mnemonic = name.toLowerCase();
  return define(name, `11001110011 Rm 1000 ${opcode} Rn Rd`, {
    simd: true,
    feature,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, _, { d, n, m }) => pe.writeV(d, result(pe, pe.readV(d), pe.readV(n), pe.readV(m))),
    assembly: (f) => {
      const text = (kind: string, r: number): string => (kind === "v" ? `v${r}.2d` : `${kind}${r}`);
      return `${mnemonic}\t${text(style[0]!, f.Rd!)}, ${text(style[1]!, f.Rn!)}, ${text(style[2]!, f.Rm!)}`;
    },
  });
}

function missingThree(name: string, opcode: string, feature: Feature): Definition {
  const mnemonic = name.toLowerCase();
  return listed(
    name,
    `11001110011 Rm 1100 ${opcode} Rn Rd`,
    feature,
    (f) => `${mnemonic}\tv${f.Rd}.4s, v${f.Rn}.4s, v${f.Rm}.4s`,
  );
}

export const threeRegisterSha512 = instructions("Cryptographic three-register SHA 512", [
  three("SHA512H", "00", "FEAT_SHA512", "qqv", (pe, d, n, m) => pe.call(firstHalf, d, n, m)),
  three("SHA512H2", "01", "FEAT_SHA512", "qqv", (pe, d, n, m) => pe.call(secondHalf, d, n, m)),
  three("SHA512SU1", "10", "FEAT_SHA512", "vvv", (pe, d, n, m) =>
    pe.op("i64x2.add", pe.op("i64x2.add", d, smallSigma(pe, 3, n, 19, 61, 6)), m),
  ),
  three("RAX1", "11", "FEAT_SHA3", "vvv", (pe, _, n, m) => pe.op("v128.xor", n, rotateElements(pe, 3, pe.let(m), 63))),
  missingThree("SM3PARTW1", "00", "FEAT_SM3"),
  missingThree("SM3PARTW2", "01", "FEAT_SM3"),
  missingThree("SM4EKEY", "10", "FEAT_SM4"),
]);

export const twoRegisterSha512 = instructions("Cryptographic two-register SHA 512", [
  define("SHA512SU0", "11001110110000001000 00 Rn Rd", {
    simd: true,
    feature: "FEAT_SHA512",
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    execute: (pe, _, { d, n }) => {
      const old = pe.let(pe.readV(d));
      const next = pe.shuffle(old, pe.readV(n), upTo(16, 8));
      pe.writeV(d, pe.op("i64x2.add", old, smallSigma(pe, 3, next, 1, 8, 7)));
    },
    assembly: (f) => `sha512su0\tv${f.Rd}.2d, v${f.Rn}.2d`,
  }),
  listed("SM4E", "11001110110000001000 01 Rn Rd", "FEAT_SM4", (f) => `sm4e\tv${f.Rd}.4s, v${f.Rn}.4s`),
]);

const sm3Mnemonics = ["sm3tt1a", "sm3tt1b", "sm3tt2a", "sm3tt2b"] as const;

export const threeRegisterImm2 = instructions(
  "Cryptographic three-register, imm2",
  sm3Mnemonics.map((mnemonic, opcode) =>
    listed(
      mnemonic.toUpperCase(),
      `11001110010 Rm 10 imm2 ${opcode.toString(2).padStart(2, "0")} Rn Rd`,
      "FEAT_SM3",
      (f) => `${mnemonic}\tv${f.Rd}.4s, v${f.Rn}.4s, v${f.Rm}.s[${f.imm2}]`,
    ),
  ),
);

function four(name: string, op0: string, result: (pe: Builder, n: Node, m: Node, a: Node) => Node): Definition {
  const mnemonic = name.toLowerCase();
  return define(name, `110011100 ${op0} Rm 0 Ra Rn Rd`, {
    simd: true,
    feature: "FEAT_SHA3",
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!), a: vector(f.Ra!) }),
    execute: (pe, _, { d, n, m, a }) => pe.writeV(d, result(pe, pe.readV(n), pe.readV(m), pe.readV(a))),
    assembly: (f) => `${mnemonic}\tv${f.Rd}.16b, v${f.Rn}.16b, v${f.Rm}.16b, v${f.Ra}.16b`,
  });
}

export const fourRegister = instructions("Cryptographic four-register", [
  four("EOR3", "00", (pe, n, m, a) => pe.op("v128.xor", pe.op("v128.xor", n, m), a)),
  four("BCAX", "01", (pe, n, m, a) => pe.op("v128.xor", n, pe.op("v128.andnot", m, a))),
  listed(
    "SM3SS1",
    "11001110010 Rm 0 Ra Rn Rd",
    "FEAT_SM3",
    (f) => `sm3ss1\tv${f.Rd}.4s, v${f.Rn}.4s, v${f.Rm}.4s, v${f.Ra}.4s`,
  ),
]);

export const xar = instructions("XAR", [
  define("XAR", "11001110100 Rm imm6 Rn Rd", {
    simd: true,
    feature: "FEAT_SHA3",
    operands: (f) => ({
      d: vector(f.Rd!),
      n: vector(f.Rn!),
      m: vector(f.Rm!),
      right: immediate(f.imm6!),
      left: immediate((64 - f.imm6!) & 63),
    }),
    execute: (pe, _, { d, n, m, right, left }) => {
      const sum = pe.let(pe.op("v128.xor", pe.readV(n), pe.readV(m)));
      const low = pe.op("i64x2.shr_u", sum, pe.immediate32(right));
      pe.writeV(d, pe.op("v128.or", low, pe.op("i64x2.shl", sum, pe.immediate32(left))));
    },
    assembly: (f) => `xar\tv${f.Rd}.2d, v${f.Rn}.2d, v${f.Rm}.2d, #${f.imm6}`,
  }),
]);
