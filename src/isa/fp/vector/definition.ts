import type { Builder, Operand } from "../../../ir/index.js";
import { type Definition, define, type Feature } from "../../definition.js";
import type { Fields } from "../../pattern.js";
import { elementName, scalarName, vectorName } from "../../simd/text.js";
import { double, type Format, half, single } from "../soft/format.js";
import { type Shape, sizeOf, vectorShape } from "./shape.js";

/**
 * The four encodings that a vector floating-point instruction may have. Single and double precision are told apart by
 * `sz`, vectors of 64 and 128 bits by `Q`; half precision needs FEAT_FP16.
 */
export interface Encodings {
  readonly vector?: string;
  readonly vectorHalf?: string;
  readonly scalar?: string;
  readonly scalarHalf?: string;
}

export interface ShapedOptions<O extends { readonly [name: string]: Operand }, D extends string> {
  readonly feature?: Feature;
  readonly where?: (fields: Fields) => boolean;
  readonly operands: (fields: Fields, shape: Shape) => O;
  readonly derive?: (fields: Fields, shape: Shape) => { readonly [K in D]: number };
  readonly execute: (pe: Builder, shape: Shape, operands: O, derived: { readonly [K in D]: number }) => void;
  /** Text; `name` gives a register as this shape has it. */
  readonly assembly: (fields: Fields, name: (register: number) => string, shape: Shape) => string;
}

/** Defines the encodings of an instruction, in each of which its semantics are told the elements' format and number. */
export function defineShaped<O extends { readonly [name: string]: Operand }, D extends string = never>(
  name: string,
  encodings: Encodings,
  options: ShapedOptions<O, D>,
): Definition[] {
  const one = (label: string, pattern: string | undefined, isVector: boolean, isHalf: boolean): Definition[] => {
    if (pattern === undefined) return [];
    const shapeOf = (f: Fields): Shape => {
      const format = isHalf ? half : f.sz ? double : single;
      return isVector ? vectorShape(format, f.Q!) : { f: format, lanes: 1 };
    };
    const { derive, where, feature } = options;
    return [
      define(`${name} ${label}`, pattern, {
        simd: true,
        ...(isHalf ? { feature: "FEAT_FP16" as const } : {}),
        ...(feature === undefined ? {} : { feature }),
        statics: [...(isVector ? ["Q"] : []), ...(isHalf ? [] : ["sz"])],
        // There is no vector of one double.
        where: (f) => !(isVector && f.sz === 1 && f.Q === 0) && (where?.(f) ?? true),
        operands: (f) => options.operands(f, shapeOf(f)),
        ...(derive === undefined ? {} : { derive: (f: Fields) => derive(f, shapeOf(f)) }),
        execute: (pe, s, o) => {
          options.execute(pe, shapeOf(s), o, s as unknown as { readonly [K in D]: number });
        },
        assembly: (f) => {
          const shape = shapeOf(f);
          const size = sizeOf(shape.f);
          return options.assembly(f, (r) => (isVector ? vectorName(size, f.Q!, r) : scalarName(size, r)), shape);
        },
      }),
    ];
  };
  return [
    ...one("(vector)", encodings.vector, true, false),
    ...one("(vector), half-precision", encodings.vectorHalf, true, true),
    ...one("(vector), scalar", encodings.scalar, false, false),
    ...one("(vector), scalar, half-precision", encodings.scalarHalf, false, true),
  ];
}

/** "v3.s[1]". */
export function indexedName(f: Format, register: number, index: number): string {
  return elementName(sizeOf(f), register, index);
}
