import type { Builder, Node } from "../../ir/index.js";

/** The high 64 bits of a * b, from four products of halves; `a` and `b` are let values. */
export function multiplyHigh(pe: Builder, a: Node, b: Node, signed: boolean): Node {
  const low = pe.c64(0xffffffff);
  const half = pe.c64(32);
  const a0 = pe.let(pe.and(a, low));
  const b0 = pe.let(pe.and(b, low));
  // The high halves' sign extension makes the product signed: only they carry weight below zero.
  const a1 = pe.let(signed ? pe.shrS(a, half) : pe.shrU(a, half));
  const b1 = pe.let(signed ? pe.shrS(b, half) : pe.shrU(b, half));
  const carry = (value: Node): Node => (signed ? pe.shrS(value, half) : pe.shrU(value, half));
  const middle = pe.let(pe.add(pe.mul(a1, b0), pe.shrU(pe.mul(a0, b0), half)));
  const other = pe.add(pe.mul(a0, b1), pe.and(middle, low));
  return pe.add(pe.add(pe.mul(a1, b1), carry(middle)), carry(other));
}
