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
function internalized(name: string): string {
  return Object.keys({ [name]: 0 })[0]!;
}

/** Parses a pattern; throws when it isn't 32 bits or a field repeats. */
export function parsePattern(text: string): Pattern {
  let position = 32;
  let mask = 0;
  let value = 0;
  const fields: Field[] = [];
  const exclusions: { mask: number; value: number }[] = [];
  for (const token of text.trim().split(/\s+/)) {
    if (/^[01x]+$/.test(token)) {
      for (const bit of token) {
        position--;
        if (bit === "x") continue;
        mask |= 1 << position;
        if (bit === "1") value |= 1 << position;
      }
      continue;
    }
    const match = /^([A-Za-z]\w*)(?::(\d+))?(?:!([01]+))?$/.exec(token);
    if (!match) throw new Error(`pattern "${text}": cannot read "${token}"`);
    const name = internalized(match[1]!);
    const width = match[2] === undefined ? conventionalWidth(name) : Number(match[2]);
    position -= width;
    if (fields.some((f) => f.name === name)) throw new Error(`pattern "${text}": field ${name} appears twice`);
    fields.push({ name, low: position, width });
    if (match[3] !== undefined) {
      const bits = match[3];
      if (bits.length !== width) throw new Error(`pattern "${text}": !${bits} isn't ${width} bits`);
      const ones = width === 32 ? -1 : (1 << width) - 1;
      exclusions.push({ mask: (ones << position) | 0, value: (Number.parseInt(bits, 2) << position) | 0 });
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
