import type { Builder, Node, Routine } from "../../ir/index.js";
import { bitsOf, floatConstant, fromBits } from "./access.js";
import { Fpcr } from "./fp-fast.js";
import { double, type Format, patterns } from "./soft/format.js";

/*
 * When may WebAssembly's own operation stand? `fpFast` says that rounding is to nearest, that nothing is flushed and that
 * FPSR.IXC is set already. Then a result that is no NaN and no infinity, nor so small that it might have underflowed, is
 * the architecture's, and raises nothing new.
 */

/** The pattern without its sign, shifted to the top of its integer type. */
function shiftedMagnitude(pe: Builder, f: Format, value: Node): Node {
  return f === double
    ? pe.shl(pe.op("i64.reinterpret_f64", value), pe.c64(1))
    : pe.shl(pe.op("i32.reinterpret_f32", value), pe.c32(1));
}

function integer(pe: Builder, f: Format, value: bigint): Node {
  return f === double ? pe.c64(BigInt.asIntN(64, value)) : pe.c32(Number(BigInt.asIntN(32, value)));
}

/** i32: neither NaN nor infinity. */
export function isFiniteNumber(pe: Builder, f: Format, value: Node): Node {
  return pe.ltU(shiftedMagnitude(pe, f, value), integer(pe, f, patterns(f).infinity << 1n));
}

/**
 * i32: finite and above the least normal number, so that even before rounding it was not tiny. Zero isn't: a product
 * may have underflowed to it.
 */
export function isOrdinary(pe: Builder, f: Format, value: Node): Node {
  const p = patterns(f);
  const first = (p.fraction + 2n) << 1n;
  const range = (p.infinity << 1n) - first;
  return pe.ltU(pe.sub(shiftedMagnitude(pe, f, value), integer(pe, f, first)), integer(pe, f, range));
}

/** i32: not a NaN. */
export function isNumber(pe: Builder, value: Node): Node {
  return pe.op(`${value.type}.eq`, value, value);
}

/** i32: FPCR.FZ is clear, so that denormal operands count, and raise nothing. */
export function keepsDenormals(pe: Builder): Node {
  return pe.eqz(pe.and(pe.readState("fpcr"), pe.c32(Fpcr.fz)));
}

/** i32: FPCR asks for rounding to nearest and no flushing, though exceptions may be wanted that aren't set yet. */
export function roundsToNearest(pe: Builder): Node {
  return pe.eqz(pe.and(pe.readState("fpcr"), pe.c32(Fpcr.fz | Fpcr.rmode)));
}

/** i32: |value| < 2^exponent. */
export function isBelowPowerOfTwo(pe: Builder, f: Format, value: Node, exponent: number): Node {
  const bound = BigInt(f.bias + exponent) << BigInt(f.fractionBits);
  return pe.op(`${value.type}.lt`, pe.op(`${value.type}.abs`, value), floatConstant(pe, f, bound));
}

/** i32: `fpFast` and another condition. */
export function fastAnd(pe: Builder, condition: Node): Node {
  return pe.and(pe.readState("fpFast"), condition);
}

/**
 * `value` when `acceptable` is not zero, else what the soft routine makes of the operands' patterns (and of `more`).
 * Operands are let values.
 */
export function unless(
  pe: Builder,
  f: Format,
  acceptable: (value: Node) => Node,
  value: Node,
  soft: Routine,
  operands: readonly Node[],
  more: readonly Node[] = [],
): Node {
  const result = pe.variable(value);
  pe.ifUnlikely(pe.eqz(acceptable(result.get())), () => {
    result.set(fromBits(pe, f, pe.call(soft, ...operands.map((x) => bitsOf(pe, x)), ...more)));
  });
  return result.get();
}
