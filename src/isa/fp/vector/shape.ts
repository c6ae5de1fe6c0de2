import { type Builder, type Node, type Routine, routine } from "../../../ir/index.js";
import { elements, lowElement, lowHalf, splatElement } from "../../simd/vector.js";
import { laneBits, withLaneBits } from "../access.js";
import { fastAnd } from "../fast.js";
import type { Family } from "../soft/arithmetic.js";
import { double, type Format, half, patterns } from "../soft/format.js";

/** The elements that an instruction works on: `lanes` of format `f`, from the lowest; the rest of the register is zero. */
export interface Shape {
  readonly f: Format;
  readonly lanes: number;
}

/** Base-2 logarithm of an element's bytes. */
export function sizeOf(f: Format): number {
  return f === half ? 1 : f === double ? 3 : 2;
}

export function vectorShape(f: Format, Q: number): Shape {
  return { f, lanes: (Q ? 128 : 64) / f.width };
}

/** Prefix of WebAssembly's vector operations on a host format. */
export function hostVector(f: Format): "f32x4" | "f64x2" {
  return f === double ? "f64x2" : "f32x4";
}

/** Copies the elements of a shape over the whole register, so that an operation sees no others. */
export function spread(pe: Builder, { f, lanes }: Shape, v: Node): Node {
  if (lanes * f.width === 128) return v;
  const copied = lanes * f.width === 64 ? splatElement(pe, 3, v, 0) : splatElement(pe, sizeOf(f), v, 0);
  return pe.let(copied);
}

/** Makes what lies above a shape's elements zero. */
export function cut(pe: Builder, { f, lanes }: Shape, v: Node): Node {
  if (lanes * f.width === 128) return v;
  return lanes * f.width === 64 ? lowHalf(pe, v) : lowElement(pe, sizeOf(f), v);
}

const vectorRoutines = new Map<string, Routine>();

/** `scalar`, a routine of i64 patterns (then i32s), on each element of vectors; what lies above them becomes zero. */
function vectorRoutine(scalar: Routine, { f, lanes }: Shape): Routine {
  const name = `${scalar.name}.${lanes}`;
  let known = vectorRoutines.get(name);
  if (known === undefined) {
    const parameters = scalar.parameters.map((type) => (type === "i64" ? ("v128" as const) : type));
    known = routine(name, parameters, "v128", (pe, ...args) => {
      let result = pe.c128(new Uint8Array(16));
      for (let i = 0; i < lanes; i++) {
        const element = pe.call(scalar, ...args.map((a) => (a.type === "v128" ? laneBits(pe, f, a, i) : a)));
        result = pe.let(withLaneBits(pe, f, result, i, element));
      }
      pe.return(result);
    });
    vectorRoutines.set(name, known);
  }
  return known;
}

/** Calls a soft routine for each element. */
export function perLane(pe: Builder, shape: Shape, soft: Routine, args: readonly Node[]): Node {
  return pe.call(vectorRoutine(soft, shape), ...args);
}

/** An operation on elements. */
export interface Operation {
  readonly soft: Family;
  /** i32 arguments of the soft routine after its operands. */
  readonly more?: (pe: Builder) => readonly Node[];
  /** WebAssembly's result for whole registers of a host format, and an i32: whether it may stand. */
  readonly fast?: (
    pe: Builder,
    f: Format,
    args: readonly Node[],
    lanes: number,
  ) => { value: Node; acceptable: (value: Node) => Node };
}

/** Applies an operation to the elements of a shape. `args` are v128, of which other elements mean nothing. */
export function apply(pe: Builder, shape: Shape, operation: Operation, args: readonly Node[]): Node {
  const { f } = shape;
  const soft = operation.soft.get(f)!;
  const values = args.map((a) => pe.let(a));
  const more = operation.more?.(pe) ?? [];
  if (f === half || operation.fast === undefined) return perLane(pe, shape, soft, [...values, ...more]);
  const whole = values.map((v) => spread(pe, shape, v));
  const { value, acceptable } = operation.fast(pe, f, whole, shape.lanes);
  const result = pe.variable(value);
  pe.ifUnlikely(pe.eqz(acceptable(result.get())), () => {
    result.set(perLane(pe, shape, soft, [...values, ...more]));
  });
  return cut(pe, shape, result.get());
}

/** i32: every element of a mask vector is set. */
function all(pe: Builder, f: Format, mask: Node): Node {
  return pe.op(f === double ? "i64x2.all_true" : "i32x4.all_true", mask);
}

export function constant(pe: Builder, f: Format, bits: bigint): Node {
  return elements(pe, sizeOf(f), bits);
}

/** i32: `fpFast`, and no element is a NaN or infinite. */
export function fastFinite(pe: Builder, f: Format, v: Node): Node {
  return fastBelow(pe, f, v, patterns(f).infinity);
}

/** i32: `fpFast`, and all magnitudes are below a limit, given by its pattern. */
export function fastBelow(pe: Builder, f: Format, v: Node, limit: bigint): Node {
  const h = hostVector(f);
  return fastAnd(pe, all(pe, f, pe.op(`${h}.lt`, pe.op(`${h}.abs`, v), constant(pe, f, limit))));
}

/** i32: `fpFast`, and all elements are finite and above the least normal number; see `isOrdinary`. */
export function fastOrdinary(pe: Builder, f: Format, v: Node): Node {
  const h = hostVector(f);
  const { infinity, fraction } = patterns(f);
  const magnitude = pe.let(pe.op(`${h}.abs`, v));
  const below = pe.op(`${h}.lt`, magnitude, constant(pe, f, infinity));
  const above = pe.op(`${h}.gt`, magnitude, constant(pe, f, fraction + 1n));
  return fastAnd(pe, all(pe, f, pe.op("v128.and", below, above)));
}

/** i32: no element of these vectors is a NaN. */
export function allNumbers(pe: Builder, f: Format, ...vs: readonly Node[]): Node {
  const same = vs.map((v) => pe.op(`${hostVector(f)}.eq`, v, v));
  return all(
    pe,
    f,
    same.reduce((a, b) => pe.op("v128.and", a, b)),
  );
}
