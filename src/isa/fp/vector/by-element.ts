import { type Builder, type Node, vector } from "../../../ir/index.js";
import { type Definition, instructions } from "../../definition.js";
import type { Fields } from "../../pattern.js";
import { splatElement } from "../../simd/vector.js";
import { double, type Format, half } from "../soft/format.js";
import { defineShaped, indexedName } from "./definition.js";
import { fuse, multiply, multiplyExtended, negate } from "./operations.js";
import { apply, type Shape, sizeOf } from "./shape.js";

/** Halfwords use H:L:M as the index and V0 to V15, words H:L, doublewords H. */
function indexOf(f: Format, w: Fields): number {
  if (f === half) return w.H! * 4 + w.L! * 2 + w.M!;
  return f === double ? w.H! : w.H! * 2 + w.L!;
}
function registerOf(f: Format, w: Fields): number {
  return f === half ? w.Rm! : w.M! * 16 + w.Rm!;
}

type Compute = (pe: Builder, shape: Shape, n: Node, m: Node, d: Node) => Node;

function byElement(mnemonic: string, U: number, opcode: string, compute: Compute): Definition[] {
  const rest = `L M Rm:4 ${opcode} H 0 Rn Rd`;
  const encodings = {
    vector: `0 Q ${U} 01111 1 sz ${rest}`,
    vectorHalf: `0 Q ${U} 01111 00 ${rest}`,
    scalar: `01 ${U} 11111 1 sz ${rest}`,
    scalarHalf: `01 ${U} 11111 00 ${rest}`,
  };
  return defineShaped(`${mnemonic.toUpperCase()} by element`, encodings, {
    where: (w) => !(w.sz === 1 && w.L === 1),
    operands: (w, { f }) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(registerOf(f, w)) }),
    derive: (w, { f }) => ({ index: indexOf(f, w) }),
    execute: (pe, shape, { d, n, m }, { index }) => {
      const element = splatElement(pe, sizeOf(shape.f), pe.readV(m), index);
      pe.writeV(d, compute(pe, shape, pe.readV(n), element, pe.readV(d)));
    },
    assembly: (w, name, { f }) =>
      `${mnemonic}\t${name(w.Rd!)}, ${name(w.Rn!)}, ${indexedName(f, registerOf(f, w), indexOf(f, w))}`,
  });
}

export const floatByElement = instructions("Advanced SIMD vector x indexed element: floating-point", [
  ...byElement("fmla", 0, "0001", (pe, shape, n, m, d) => fuse(pe, shape, d, n, m)),
  ...byElement("fmls", 0, "0101", (pe, shape, n, m, d) => fuse(pe, shape, d, negate(pe, shape.f, n), m)),
  ...byElement("fmul", 0, "1001", (pe, shape, n, m) => apply(pe, shape, multiply, [n, m])),
  ...byElement("fmulx", 1, "1001", (pe, shape, n, m) => apply(pe, shape, multiplyExtended, [n, m])),
]);
