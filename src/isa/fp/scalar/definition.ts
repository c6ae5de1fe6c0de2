import type { Operand } from "../../../ir/index.js";
import { type Definition, type DefinitionOptions, define } from "../../definition.js";
import type { Fields } from "../../pattern.js";
import { double, type Format, half, single } from "../soft/format.js";

/** Options of {@link defineFloat}: those of `define`, with the format of the operands given to semantics and text. */
export interface FloatOptions<O extends { readonly [name: string]: Operand }, S extends string, D extends string>
  extends Omit<DefinitionOptions<O, S, D>, "execute" | "assembly" | "simd" | "operands"> {
  readonly operands: (fields: Fields, f: Format) => O;
  readonly execute: (
    pe: Parameters<DefinitionOptions<O, S, D>["execute"]>[0],
    f: Format,
    statics: Parameters<DefinitionOptions<O, S, D>["execute"]>[1],
    operands: O,
  ) => void;
  readonly assembly: (fields: Fields, f: Format, address: bigint) => string;
}

/**
 * Defines a scalar instruction on single and double precision, and the same on half precision, which needs FEAT_FP16.
 * The pattern has "ptype" where the two bits that choose are.
 */
export function defineFloat<
  O extends { readonly [name: string]: Operand },
  S extends string = never,
  D extends string = never,
>(name: string, pattern: string, options: FloatOptions<O, S, D>): Definition[] {
  const { operands, execute, assembly, statics, ...rest } = options;
  const formatOf = (f: { readonly double?: number }): Format => (f.double ? double : single);
  return [
    define<O, S | "double", D>(name, pattern.replace("ptype", "0 double"), {
      ...rest,
      simd: true,
      statics: [...(statics ?? []), "double"],
      operands: (f) => operands(f, formatOf(f)),
      execute: (pe, s, o) => {
        execute(pe, formatOf(s), s, o);
      },
      assembly: (f, address) => assembly(f, formatOf(f), address),
    }),
    define<O, S, D>(`${name}, half-precision`, pattern.replace("ptype", "11"), {
      ...rest,
      ...(statics === undefined ? {} : { statics }),
      simd: true,
      feature: "FEAT_FP16",
      operands: (f) => operands(f, half),
      execute: (pe, s, o) => {
        execute(pe, half, s, o);
      },
      assembly: (f, address) => assembly(f, half, address),
    }),
  ];
}

/** S0, D31, H7... as text. */
export function floatName(f: Format, register: number): string {
  return `${f.letter}${register}`;
}
