import { type Builder, type Node, type Routine, routine } from "../../ir/index.js";
import { bitsOf, floatConstant, fromBits, host } from "./access.js";
import { isFiniteNumber, roundsToNearest } from "./fast.js";
import { type Family, softAdd, softDivide, softMultiply, softSquareRoot, softSubtract } from "./soft/arithmetic.js";
import { double, type Format, pattern, patterns, single } from "./soft/format.js";

/*
 * Between WebAssembly's operations and the soft ones: what the fast path of an instruction doesn't accept comes here.
 * Programs whose results are all exact never set FPSR.IXC, and products are often zero; both are recognised cheaply. What
 * remains (NaNs, infinities, tiny results, other rounding modes, the first inexact result) goes to the soft routine.
 */

type Exactness = (pe: Builder, f: Format, r: Node, a: Node, b: Node) => Node;

function careful(name: string, operation: string, arity: 1 | 2, exact: Exactness, soft: Family): Family {
  const make = (f: Format): Routine => {
    const parameters = Array.from({ length: arity }, () => "i64" as const);
    return routine(`${name}.${f.letter}.careful`, parameters, "i64", (pe, x, y) => {
      pe.if(roundsToNearest(pe), () => {
        const a = pe.let(fromBits(pe, f, x!));
        const b = arity === 1 ? a : pe.let(fromBits(pe, f, y!));
        const op = `${host(f)}.${operation}`;
        const r = pe.let(arity === 1 ? pe.op(op, a) : pe.op(op, a, b));
        pe.if(pe.and(isFiniteNumber(pe, f, r), exact(pe, f, r, a, b)), () => pe.return(bitsOf(pe, r)));
      });
      pe.return(arity === 1 ? pe.call(soft.get(f)!, x!) : pe.call(soft.get(f)!, x!, y!));
    });
  };
  return new Map([...soft].map(([f, r]) => [f, f === single || f === double ? make(f) : r]));
}

function isZero(pe: Builder, f: Format, x: Node): Node {
  return pe.op(`${host(f)}.eq`, x, floatConstant(pe, f, 0n));
}

/** What rounding took from a sum is zero (Knuth's two-sum; its error is exact unless the sum overflows). */
function exactSum(pe: Builder, f: Format, r: Node, a: Node, b: Node): Node {
  const sub = `${host(f)}.sub`;
  const virtual = pe.let(pe.op(sub, r, a));
  const left = pe.op(sub, a, pe.op(sub, r, virtual));
  return isZero(pe, f, pe.op(`${host(f)}.add`, left, pe.op(sub, b, virtual)));
}

/** Bits from the highest to the lowest one of a significand (i64); at least F + 1 counts for zero and denormals. */
function significantBits(pe: Builder, f: Format, x: Node): Node {
  const { fraction } = patterns(f);
  const ones = pe.or(pe.and(bitsOf(pe, x), pattern(pe, fraction)), pattern(pe, fraction + 1n));
  return pe.sub(pe.c64(f.fractionBits + 1), pe.op("i64.ctz", ones));
}

/**
 * i32: the product is surely exact: significands with few bits, and a result that can't be denormal. A zero operand
 * makes it exact, too.
 */
function exactProduct(pe: Builder, f: Format, r: Node, a: Node, b: Node): Node {
  const bits = pe.add(significantBits(pe, f, a), significantBits(pe, f, b));
  const short = pe.ltU(bits, pe.c64(f.fractionBits + 2));
  const normal = pe.op(`${host(f)}.gt`, pe.op(`${host(f)}.abs`, r), floatConstant(pe, f, patterns(f).fraction + 1n));
  const zero = pe.or(isZero(pe, f, a), isZero(pe, f, b));
  return pe.or(zero, pe.and(short, normal));
}

/** i32: dividing was undone exactly, or zero was divided. */
function exactQuotient(pe: Builder, f: Format, r: Node, a: Node, b: Node): Node {
  const back = pe.op(`${host(f)}.mul`, r, b);
  const undone = pe.and(pe.op(`${host(f)}.eq`, back, a), exactProduct(pe, f, back, r, b));
  return pe.or(pe.and(undone, pe.eqz(isZero(pe, f, r))), pe.and(isZero(pe, f, a), pe.eqz(isZero(pe, f, b))));
}

function exactRoot(pe: Builder, f: Format, r: Node, a: Node): Node {
  const square = pe.op(`${host(f)}.mul`, r, r);
  return pe.and(pe.op(`${host(f)}.eq`, square, a), exactProduct(pe, f, square, r, r));
}

export const carefulAdd = careful("FPAdd", "add", 2, exactSum, softAdd);
export const carefulSubtract = careful(
  "FPSub",
  "sub",
  2,
  (pe, f, r, a, b) => exactSum(pe, f, r, a, pe.let(pe.op(`${host(f)}.neg`, b))),
  softSubtract,
);
export const carefulMultiply = careful("FPMul", "mul", 2, exactProduct, softMultiply);
export const carefulDivide = careful("FPDiv", "div", 2, exactQuotient, softDivide);
export const carefulSquareRoot = careful("FPSqrt", "sqrt", 1, exactRoot, softSquareRoot);
