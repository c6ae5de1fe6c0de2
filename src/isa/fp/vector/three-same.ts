import { type Builder, type Node, vector } from "../../../ir/index.js";
import { type Definition, instructions } from "../../definition.js";
import { unzip } from "../../simd/vector.js";
import { defineShaped, type Encodings } from "./definition.js";
import * as operations from "./operations.js";
import { apply, type Operation, type Shape, sizeOf } from "./shape.js";

/** Which encodings exist. */
type Kinds = "vector" | "scalar" | "both";

function encodings(U: number, o1: number, opcode: string, kinds: Kinds): Encodings {
  return {
    ...(kinds === "scalar"
      ? {}
      : {
          vector: `0 Q ${U} 01110 ${o1} sz 1 Rm 11 ${opcode} 1 Rn Rd`,
          vectorHalf: `0 Q ${U} 01110 ${o1} 10 Rm 00 ${opcode} 1 Rn Rd`,
        }),
    ...(kinds === "vector"
      ? {}
      : {
          scalar: `01 ${U} 11110 ${o1} sz 1 Rm 11 ${opcode} 1 Rn Rd`,
          scalarHalf: `01 ${U} 11110 ${o1} 10 Rm 00 ${opcode} 1 Rn Rd`,
        }),
  };
}

type Compute = (pe: Builder, shape: Shape, n: Node, m: Node, d: Node) => Node;

function same(mnemonic: string, U: number, o1: number, opcode: string, kinds: Kinds, compute: Compute): Definition[] {
  return defineShaped(mnemonic.toUpperCase(), encodings(U, o1, opcode, kinds), {
    operands: (w) => ({ d: vector(w.Rd!), n: vector(w.Rn!), m: vector(w.Rm!) }),
    execute: (pe, shape, { d, n, m }) => {
      pe.writeV(d, compute(pe, shape, pe.readV(n), pe.readV(m), pe.readV(d)));
    },
    assembly: (w, name) => `${mnemonic}\t${name(w.Rd!)}, ${name(w.Rn!)}, ${name(w.Rm!)}`,
  });
}

const by =
  (operation: Operation): Compute =>
  (pe, shape, n, m) =>
    apply(pe, shape, operation, [n, m]);

/** On neighbours: first those of n, then those of m. */
const pairwise =
  (operation: Operation): Compute =>
  (pe, shape, n, m) => {
    const size = sizeOf(shape.f);
    const Q = shape.lanes * shape.f.width === 128 ? 1 : 0;
    const [a, b] = [pe.let(n), pe.let(m)];
    return apply(pe, shape, operation, [unzip(pe, size, Q, 0, a, b), unzip(pe, size, Q, 1, a, b)]);
  };

const multiplyAdd: Compute = (pe, shape, n, m, d) => operations.fuse(pe, shape, d, n, m);
const multiplySubtract: Compute = (pe, shape, n, m, d) =>
  operations.fuse(pe, shape, d, operations.negate(pe, shape.f, n), m);

/** Advanced SIMD three same, floating-point, and its FP16 and scalar forms: U, the bit o1, opcode's low three bits. */
export const floatThreeSame = instructions("Advanced SIMD three same: floating-point", [
  ...same("fmaxnm", 0, 0, "000", "vector", by(operations.maximumNumber)),
  ...same("fmla", 0, 0, "001", "vector", multiplyAdd),
  ...same("fadd", 0, 0, "010", "vector", by(operations.add)),
  ...same("fmulx", 0, 0, "011", "both", by(operations.multiplyExtended)),
  ...same("fcmeq", 0, 0, "100", "both", by(operations.equal)),
  ...same("fmax", 0, 0, "110", "vector", by(operations.maximum)),
  ...same("frecps", 0, 0, "111", "both", by(operations.reciprocalStep)),
  ...same("fminnm", 0, 1, "000", "vector", by(operations.minimumNumber)),
  ...same("fmls", 0, 1, "001", "vector", multiplySubtract),
  ...same("fsub", 0, 1, "010", "vector", by(operations.subtract)),
  ...same("fmin", 0, 1, "110", "vector", by(operations.minimum)),
  ...same("frsqrts", 0, 1, "111", "both", by(operations.rootStep)),
  ...same("fmaxnmp", 1, 0, "000", "vector", pairwise(operations.maximumNumber)),
  ...same("faddp", 1, 0, "010", "vector", pairwise(operations.add)),
  ...same("fmul", 1, 0, "011", "vector", by(operations.multiply)),
  ...same("fcmge", 1, 0, "100", "both", by(operations.greaterEqual)),
  ...same("facge", 1, 0, "101", "both", by(operations.absoluteGreaterEqual)),
  ...same("fmaxp", 1, 0, "110", "vector", pairwise(operations.maximum)),
  ...same("fdiv", 1, 0, "111", "vector", by(operations.divide)),
  ...same("fminnmp", 1, 1, "000", "vector", pairwise(operations.minimumNumber)),
  ...same("fabd", 1, 1, "010", "both", by(operations.absoluteDifference)),
  ...same("fcmgt", 1, 1, "100", "both", by(operations.greater)),
  ...same("facgt", 1, 1, "101", "both", by(operations.absoluteGreater)),
  ...same("fminp", 1, 1, "110", "vector", pairwise(operations.minimum)),
]);
