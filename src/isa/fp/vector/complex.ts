import { type Builder, type Node, vector } from "../../../ir/index.js";
import { type Definition, define, instructions } from "../../definition.js";
import { elementName } from "../../simd/text.js";
import { elementBytes, elements, upTo } from "../../simd/vector.js";
import { type Format, half, patterns, single } from "../soft/format.js";
import { defineShaped } from "./definition.js";
import { add, fuse } from "./operations.js";
import { apply, type Shape, sizeOf, vectorShape } from "./shape.js";

/** Rearranges the elements inside each pair: `order` gives the real and the imaginary one's source, 0 or 1. */
function withinPairs(pe: Builder, f: Format, v: Node, order: readonly [number, number]): Node {
  const size = sizeOf(f);
  const indices = upTo(16 >> size).map((i) => (i & ~1) + order[i & 1]!);
  return order[0] === 0 && order[1] === 1 ? v : pe.shuffle(v, v, elementBytes(size, indices));
}

/** Flips signs of real elements (`flips` 1), imaginary ones (2) or both (3). */
function flipped(pe: Builder, f: Format, v: Node, flips: number): Node {
  const { sign } = patterns(f);
  const width = BigInt(f.width);
  const pair = (flips & 1 ? sign : 0n) | (flips & 2 ? sign << width : 0n);
  if (f.width === 64) {
    const bytes = upTo(16).map((i) => Number((pair >> BigInt(8 * i)) & 0xffn));
    return pe.op("v128.xor", v, pe.c128(bytes));
  }
  return pe.op("v128.xor", v, elements(pe, sizeOf(f) + 1, pair));
}

/** FCMLA: d + n * m by a part of the complex product, the one that `rotation` (in quarter turns) names. */
function multiplyAddRotated(pe: Builder, shape: Shape, rotation: number, n: Node, m: Node, d: Node): Node {
  const { f } = shape;
  const [x, y] = [pe.let(n), pe.let(m)];
  // Quarter turns take the imaginary part of n, and m's parts crosswise.
  const odd = rotation & 1;
  const a = withinPairs(pe, f, x, odd ? [1, 1] : [0, 0]);
  const b = withinPairs(pe, f, y, odd ? [1, 0] : [0, 1]);
  const flips = [0, 1, 3, 2][rotation]!;
  return fuse(pe, shape, d, a, flips === 0 ? b : flipped(pe, f, b, flips));
}

/** FCADD: n + m turned by a quarter (`rotation` 0) or three quarters (1). */
function addRotated(pe: Builder, shape: Shape, rotation: number, n: Node, m: Node): Node {
  const turned = withinPairs(pe, shape.f, pe.let(m), [1, 0]);
  return apply(pe, shape, add, [n, flipped(pe, shape.f, turned, rotation === 0 ? 1 : 2)]);
}

const feature = "FEAT_FCMA" as const;

/** Four rotations of FCMLA and two of FCADD, each an instruction of its own. */
const threeSame: Definition[] = [0, 1, 2, 3].flatMap((rotation) => {
  const tail = `0 Rm 110 ${rotation >> 1}${rotation & 1} 1 Rn Rd`;
  const encodings = { vector: `0 Q 1 01110 1 sz ${tail}`, vectorHalf: `0 Q 1 01110 01 ${tail}` };
  return defineShaped(`FCMLA #${rotation * 90}`, encodings, {
    feature,
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(w.Rm!) }),
    execute: (pe, shape, { d, n, m }) => {
      pe.writeV(d, multiplyAddRotated(pe, shape, rotation, pe.readV(n), pe.readV(m), pe.readV(d)));
    },
    assembly: (w, name) => `fcmla\t${name(w.Rd!)}, ${name(w.Rn!)}, ${name(w.Rm!)}, #${rotation * 90}`,
  });
});

const additions: Definition[] = [0, 1].flatMap((rotation) => {
  const tail = `0 Rm 111 ${rotation} 0 1 Rn Rd`;
  const encodings = { vector: `0 Q 1 01110 1 sz ${tail}`, vectorHalf: `0 Q 1 01110 01 ${tail}` };
  return defineShaped(`FCADD #${rotation * 180 + 90}`, encodings, {
    feature,
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(w.Rm!) }),
    execute: (pe, shape, { d, n, m }) => {
      pe.writeV(d, addRotated(pe, shape, rotation, pe.readV(n), pe.readV(m)));
    },
    assembly: (w, name) => `fcadd\t${name(w.Rd!)}, ${name(w.Rn!)}, ${name(w.Rm!)}, #${rotation * 180 + 90}`,
  });
});

/** By element: pairs of words in a whole vector, or pairs of halfwords. */
function byElement(f: Format, size: string): Definition {
  const log2 = sizeOf(f);
  const index = (w: { readonly [name: string]: number }): number => (f === half ? w.H! * 2 + w.L! : w.H!);
  return define(`FCMLA (by element), ${f.width} bits`, `0 Q 1 01111 ${size} L M Rm:4 0 rot:2 1 H 0 Rn Rd`, {
    feature,
    simd: true,
    statics: ["Q", "rot"],
    where: (w) => (f === half ? !(w.H === 1 && w.Q === 0) : w.L === 0 && w.Q === 1),
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(w.M! * 16 + w.Rm!) }),
    derive: (w) => ({ index: index(w) }),
    execute: (pe, { Q, rot, index: i }, { d, n, m }) => {
      const v = pe.let(pe.readV(m));
      const pair = elementBytes(
        log2 + 1,
        Array.from({ length: 8 >> log2 }, () => i),
      );
      pe.writeV(d, multiplyAddRotated(pe, vectorShape(f, Q), rot, pe.readV(n), pe.shuffle(v, v, pair), pe.readV(d)));
    },
    assembly: (w) => {
      const shape = `${vectorShape(f, w.Q!).lanes}${f.letter}`;
      const element = elementName(log2, w.M! * 16 + w.Rm!, index(w));
      return `fcmla\tv${w.Rd}.${shape}, v${w.Rn}.${shape}, ${element}, #${w.rot! * 90}`;
    },
  });
}

export const complexNumbers = instructions("Advanced SIMD three-register extension: complex numbers", [
  ...threeSame,
  ...additions,
  byElement(single, "10"),
  byElement(half, "01"),
]);
