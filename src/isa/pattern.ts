/**
 * Encodings as the Arm ARM prints them: 32 bits from left to right, as literal 0/1 bits, "x" (ignored) and field names.
 * A field is `name` or `name:width`; common fields have a width by convention. `name:width!bits` excludes one value.
 */
export interface Field {
  readonly name: string;
  /** Lowest bit. */
  readonly low: number;
  readonly width: number;
}

/** A parsed pattern: a word w matches when (w & mask) === value and no exclusion holds. */
export interface Pattern {
  readonly text: string;
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly Field[];
  /** Words with (w & mask) === value for one of these don't match. */
  readonly exclusions: readonly { readonly mask: number; readonly value: number }[];
}

/** Values of a word's fields by name. */
export type Fields = { readonly [name: string]: number };

function conventionalWidth(name: string): number {
  if (/^(R[adnmst]2?|R[a-z])$/.test(name)) return 5;
  const imm = /^(?:imm[a-z]*|uimm|simm)(\d+)$/.exec(name);
  if (imm) return Number(imm[1]);
  if (/^(cond|nzcv|CRm|CRn)$/.test(name)) return 4;
  if (/^(immr|imms)$/.test(name)) return 6;
  if (/^(op1|op2|option)$/.test(name)) return 3;
  return 1;
}

/** The same text as a key of objects, which engines find by address: a piece cut out of a string they must look up each time. */
export function internalized(name: string): string {
  return Object.keys({ [name]: 0 })[0]!;
}

/** What one word of a pattern's text says: bits with a meaning, or a field. */
interface Token {
  readonly width: number;
  /** From the token's lowest bit. */
  readonly mask: number;
  readonly value: number;
  readonly field?: { readonly name: string; readonly excluded?: number };
}

/** By their text: patterns are made of the same few hundred. */
const tokens = new Map<string, Token>();

function parseToken(text: string, pattern: string): Token {
  if (/^[01x]+$/.test(text)) {
    const bits = (of: string): number => Number.parseInt([...text].map((bit) => (bit === of ? 1 : 0)).join(""), 2) | 0;
    const value = bits("1");
    return { width: text.length, mask: bits("0") | value, value };
  }
  const match = /^([A-Za-z]\w*)(?::(\d+))?(?:!([01]+))?$/.exec(text);
  if (!match) throw new Error(`pattern "${pattern}": cannot read "${text}"`);
  const name = internalized(match[1]!);
  const width = match[2] === undefined ? conventionalWidth(name) : Number(match[2]);
  const excluded = match[3];
  if (excluded === undefined) return { width, mask: 0, value: 0, field: { name } };
  if (excluded.length !== width) throw new Error(`pattern "${pattern}": !${excluded} isn't ${width} bits`);
  return { width, mask: 0, value: 0, field: { name, excluded: Number.parseInt(excluded, 2) } };
}

/** Parses a pattern; throws when it isn't 32 bits or a field repeats. Some eight hundred are parsed whenever a machine starts. */
export function parsePattern(text: string): Pattern {
  let position = 32;
  let mask = 0;
  let value = 0;
  const fields: Field[] = [];
  const exclusions: { mask: number; value: number }[] = [];
  for (const word of text.split(" ")) {
    if (word === "") continue;
    let token = tokens.get(word);
    if (token === undefined) tokens.set(word, (token = parseToken(word, text)));
    const { width, field } = token;
    position -= width;
    if (field === undefined) {
      mask |= token.mask << position;
      value |= token.value << position;
      continue;
    }
    const { name, excluded } = field;
    if (fields.some((f) => f.name === name)) throw new Error(`pattern "${text}": field ${name} appears twice`);
    fields.push({ name, low: position, width });
    if (excluded !== undefined) {
      const ones = width === 32 ? -1 : (1 << width) - 1;
      exclusions.push({ mask: (ones << position) | 0, value: (excluded << position) | 0 });
    }
  }
  if (position !== 0) throw new Error(`pattern "${text}" has ${32 - position} bits, not 32`);
  return { text, mask, value, fields, exclusions };
}

/** Whether `word` matches. */
export function matches(pattern: Pattern, word: number): boolean {
  if ((word & pattern.mask) !== pattern.value) return false;
  for (const e of pattern.exclusions) if ((word & e.mask) === e.value) return false;
  return true;
}

/** The fields of a matching word. */
export function extractFields(pattern: Pattern, word: number): Fields {
  const result: { [name: string]: number } = {};
  fillFields(result, pattern, word);
  return result;
}

/** Puts the fields of a matching word into an object; one that has had this pattern's fields before isn't rebuilt. */
export function fillFields(into: { [name: string]: number }, { fields }: Pattern, word: number): void {
  for (let i = 0; i < fields.length; i++) {
    const { name, low, width } = fields[i]!;
    into[name] = width === 32 ? word >>> 0 : (word >>> low) & ((1 << width) - 1);
  }
}

/** Whether some word matches both patterns (exclusions that cover all common words are seen). */
export function overlap(a: Pattern, b: Pattern): boolean {
  const common = a.mask & b.mask;
  if ((a.value & common) !== (b.value & common)) return false;
  const mask = a.mask | b.mask;
  const value = a.value | b.value;
  for (const e of [...a.exclusions, ...b.exclusions]) {
    if ((e.mask & mask) === e.mask && (value & e.mask) === e.value) return false;
  }
  return true;
}

/** Puts field values into a pattern; unnamed fields are 0, "x" bits 0. */
export function assemble(pattern: Pattern, values: Fields): number {
  let word = pattern.value;
  for (const f of pattern.fields) word |= (values[f.name] ?? 0) << f.low;
  return word >>> 0;
}
