import type { Builder, Operand } from "../ir/index.js";
import { type Fields, type Pattern, parsePattern } from "./pattern.js";

/** Architecture features that an instruction may need, by their Arm ARM names; `cores` say who has them. */
export type Feature = `FEAT_${string}`;

/** Text of an instruction as objdump writes it, mnemonic and operands apart. `address` is its own address. */
export type Assembly = (fields: Fields, address: bigint) => string;

/** What `prepare` makes of the fields: operands, and derived statics under their own names. */
export interface Prepared {
  readonly operands: { readonly [name: string]: Operand };
  readonly statics?: { readonly [name: string]: number };
}

/** One instruction (one encoding of the Arm ARM, or a group that shares its semantics). */
export interface Definition {
  /** Name as in the Arm ARM, section C6.2 or C7.2. */
  readonly name: string;
  readonly pattern: Pattern;
  /** Absent for Armv8.0. */
  readonly feature: Feature | undefined;
  /** Whether it is a hint: a NOP, not UNDEFINED, without its feature. */
  readonly hint: boolean;
  /** Whether it traps while access to FP and SIMD is disabled. */
  readonly simd: boolean;
  /** Fields that semantics branch on. */
  readonly statics: readonly string[];
  /** Words for which this is false are unallocated. */
  readonly where: (fields: Fields) => boolean;
  readonly prepare: (fields: Fields) => Prepared;
  /** Absent when the encoding is known but not implemented: then it is UNDEFINED, and the log names it. */
  readonly execute:
    | ((pe: Builder, statics: Fields, operands: { readonly [name: string]: Operand }) => void)
    | undefined;
  readonly assembly: Assembly;
  /** Heading of the group it was defined in. */
  group: string;
}

type Statics<S extends string> = { readonly [K in S]: number };

/** Author's form of a {@link Definition}. O: operands by name; S: names of static fields; D: names of derived statics. */
export interface DefinitionOptions<O extends { readonly [name: string]: Operand }, S extends string, D extends string> {
  readonly statics?: readonly S[];
  readonly feature?: Feature;
  readonly hint?: boolean;
  readonly simd?: boolean;
  readonly where?: (fields: Fields) => boolean;
  /** Makes operands of the fields. */
  readonly operands: (fields: Fields) => O;
  /** Further plain numbers worked out from the fields, for semantics to branch on. */
  readonly derive?: (fields: Fields) => { readonly [K in D]: number };
  readonly execute: (pe: Builder, statics: Statics<S | D>, operands: O) => void;
  readonly assembly: Assembly;
}

const always = (): boolean => true;

/** Defines an instruction. See CONTRIBUTING.md for a worked example. */
export function define<
  O extends { readonly [name: string]: Operand },
  S extends string = never,
  D extends string = never,
>(name: string, pattern: string, options: DefinitionOptions<O, S, D>): Definition {
  const { operands, derive } = options;
  const parsed = parsePattern(pattern);
  const statics = options.statics ?? [];
  for (const s of statics) {
    if (!parsed.fields.some((f) => f.name === s)) throw new Error(`${name}: static ${s} isn't a field`);
  }
  return {
    name,
    pattern: parsed,
    feature: options.feature,
    hint: options.hint ?? false,
    simd: options.simd ?? false,
    statics,
    where: options.where ?? always,
    prepare: derive ? (f) => ({ operands: operands(f), statics: derive(f) }) : (f) => ({ operands: operands(f) }),
    // The table hands each definition exactly the operands and statics that it declared.
    execute: options.execute as unknown as NonNullable<Definition["execute"]>,
    assembly: options.assembly,
    group: "",
  };
}

/** Lists an encoding that this machine doesn't implement: executing it is UNDEFINED, and the log names it. */
export function unimplemented(
  name: string,
  pattern: string,
  feature: Feature,
  where: (fields: Fields) => boolean = always,
): Definition {
  return {
    name,
    pattern: parsePattern(pattern),
    feature,
    hint: false,
    simd: false,
    statics: [],
    where,
    prepare: () => ({ operands: {} }),
    execute: undefined,
    assembly: () => `<${name}>`,
    group: "",
  };
}

/** A group of definitions under an Arm ARM heading. */
export function instructions(heading: string, definitions: readonly Definition[]): readonly Definition[] {
  for (const d of definitions) d.group = heading;
  return definitions;
}
