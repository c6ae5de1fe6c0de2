import { type Builder, type Node, vector } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import { add, addLongPairwise, type Binary, maximum, minimum } from "./elementwise.js";
import { scalarName, vectorName } from "./text.js";
import { lowElement, upTo, vectorOf } from "./vector.js";

/** Combines all elements of the low 8 or 16 bytes of `v`, halving the distance each time; the result is element 0. */
function reduce(pe: Builder, size: number, bytes: number, operation: Binary, v: Node): Node {
  let value = v;
  for (let distance = bytes / 2; distance >= 1 << size; distance /= 2) {
    const all = pe.let(value);
    const rotated = pe.shuffle(
      all,
      all,
      upTo(16).map((i) => (i + distance) & 15),
    );
    value = operation(pe, size, all, rotated);
  }
  return value;
}

function across(mnemonic: string, U: number, opcode: string, operation: Binary): Definition {
  return define(mnemonic.toUpperCase(), `0 Q ${U} 01110 size:2 11000 ${opcode} 10 Rn Rd`, {
    simd: true,
    statics: ["Q", "size"],
    where: (f) => f.size! < 2 || (f.size === 2 && f.Q === 1),
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    execute: (pe, { Q, size }, { d, n }) => {
      pe.writeV(d, lowElement(pe, size, reduce(pe, size, Q ? 16 : 8, operation, pe.readV(n))));
    },
    assembly: (f) => `${mnemonic}\t${scalarName(f.size!, f.Rd!)}, ${vectorName(f.size!, f.Q!, f.Rn!)}`,
  });
}

export const acrossLanes = instructions("Advanced SIMD across lanes", [
  across("smaxv", 0, "01010", maximum(true)),
  across("umaxv", 1, "01010", maximum(false)),
  across("sminv", 0, "11010", minimum(true)),
  across("uminv", 1, "11010", minimum(false)),
  across("addv", 0, "11011", add),
  define("SADDLV/UADDLV", "0 Q U 01110 size:2 11000 00011 10 Rn Rd", {
    simd: true,
    statics: ["Q", "U", "size"],
    where: (f) => f.size! < 2 || (f.size === 2 && f.Q === 1),
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    execute: (pe, { Q, U, size }, { d, n }) => {
      const pairs = addLongPairwise(U === 0)(pe, size, vectorOf(pe, Q, pe.readV(n)));
      pe.writeV(d, lowElement(pe, size + 1, reduce(pe, size + 1, Q ? 16 : 8, add, pairs)));
    },
    assembly: (f) => `${f.U ? "u" : "s"}addlv\t${scalarName(f.size! + 1, f.Rd!)}, ${vectorName(f.size!, f.Q!, f.Rn!)}`,
  }),
]);
