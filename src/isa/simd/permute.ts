import { type Builder, type Node, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { listName, vectorName } from "./text.js";
import { elements, joinLow, lowHalf, transpose, unzip, upTo, vectorOf, zip } from "./vector.js";

type Permutation = (pe: Builder, size: number, Q: number, part: number, a: Node, b: Node) => Node;

/** By opcode<1:0>; opcode<2> is the part. */
const permutations: readonly (readonly [string, Permutation] | undefined)[] = [
  undefined,
  ["uzp", unzip],
  ["trn", transpose],
  ["zip", zip],
];

export const permute = instructions("Advanced SIMD permute", [
  define("UZP1/UZP2/TRN1/TRN2/ZIP1/ZIP2", "0 Q 001110 size:2 0 Rm 0 part kind:2 10 Rn Rd", {
    simd: true,
    statics: ["Q", "size", "part", "kind"],
    where: (f) => f.kind !== 0 && (f.size !== 3 || f.Q === 1),
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, { Q, size, part, kind }, { d, n, m }) => {
      const result = permutations[kind]![1](pe, size, Q, part, pe.readV(n), pe.readV(m));
      pe.writeV(d, vectorOf(pe, Q, result));
    },
    assembly: (f) => {
      const name = (r: number): string => vectorName(f.size!, f.Q!, r);
      return `${permutations[f.kind!]![0]}${f.part! + 1}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${name(f.Rm!)}`;
    },
  }),
]);

export const extract = instructions("Advanced SIMD extract", [
  define("EXT", "0 Q 101110000 Rm 0 imm4 0 Rn Rd", {
    simd: true,
    statics: ["Q", "imm4"],
    where: (f) => f.Q === 1 || f.imm4! < 8,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, { Q, imm4 }, { d, n, m }) => {
      if (Q) return pe.writeV(d, pe.shuffle(pe.readV(n), pe.readV(m), upTo(16, imm4)));
      const joined = pe.let(joinLow(pe, pe.readV(n), pe.readV(m)));
      const bytes = upTo(16).map((i) => (i + imm4) & 15);
      pe.writeV(d, lowHalf(pe, pe.shuffle(joined, joined, bytes)));
    },
    assembly: (f) => {
      const name = (r: number): string => vectorName(0, f.Q!, r);
      return `ext\t${name(f.Rd!)}, ${name(f.Rn!)}, ${name(f.Rm!)}, #${f.imm4}`;
    },
  }),
]);

export const tableLookup = instructions("Advanced SIMD table lookup", [
  define("TBL/TBX", "0 Q 001110000 Rm 0 len:2 op 00 Rn Rd", {
    simd: true,
    statics: ["Q", "len", "op"],
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, { Q, len, op }, { d, n, m }) => {
      const indices = pe.let(pe.readV(m));
      // swizzle gives 0 for an index beyond its 16 bytes, so the registers' contributions can be joined.
      let result = pe.op("i8x16.swizzle", pe.readV(n), indices);
      for (let r = 1; r <= len; r++) {
        const relative = pe.op("i8x16.sub", indices, elements(pe, 0, 16 * r));
        result = pe.op("v128.or", result, pe.op("i8x16.swizzle", pe.readV(n, r), relative));
      }
      if (op) {
        const inside = pe.op("i8x16.lt_u", indices, elements(pe, 0, 16 * (len + 1)));
        result = pe.op("v128.bitselect", result, pe.readV(d), inside);
      }
      pe.writeV(d, vectorOf(pe, Q, result));
    },
    assembly: (f) => {
      const list = listName(0, 1, f.Rn!, f.len! + 1);
      return `${f.op ? "tbx" : "tbl"}\t${vectorName(0, f.Q!, f.Rd!)}, ${list}, ${vectorName(0, f.Q!, f.Rm!)}`;
    },
  }),
]);
