import { type Operand, reveal } from "../ir/index.js";
import type { Definition } from "./definition.js";
import { extractFields, type Field, type Fields, fillFields, matches, overlap } from "./pattern.js";
import { type Instruction, recordTemplate, type Template } from "./template.js";

const firstLevelBits = 11; // word bits 31..21
const secondLevelBits = 6; // word bits 15..10
/** What a hint is where its feature is absent. */
const nopWord = 0xd503201f;

function operandValue(operand: Operand): number | bigint {
  return reveal(operand).value;
}

/** A definition with the templates that have been recorded of it. */
interface Entry {
  readonly definition: Definition;
  /** Fields that semantics branch on. */
  readonly staticFields: readonly Field[];
  /** By the values of static fields and derived statics, as digits of one number. */
  readonly templates: Map<number, Template>;
  /** Fields of the word that is being decoded: nothing keeps them. */
  readonly fields: { [name: string]: number };
}

/** A set of definitions that words are decoded by. */
export class InstructionTable {
  /** By first level, then by second. */
  private readonly buckets: ((readonly Entry[] | undefined)[] | undefined)[] = new Array(1 << firstLevelBits);
  private readonly byFirst: (readonly Entry[] | undefined)[] = new Array(1 << firstLevelBits);
  private readonly entries: readonly Entry[];
  readonly definitions: readonly Definition[];

  /**
   * @param checked that {@link check} has been run over these groups before, as the tests do for the machine's own: it
   *   takes long enough to be seen at every start.
   * @throws when two patterns can match the same word, or two definitions have one name.
   */
  constructor(groups: readonly (readonly Definition[])[], checked = false) {
    this.definitions = groups.flat();
    this.entries = this.definitions.map((definition) => ({
      definition,
      staticFields: definition.pattern.fields.filter((f) => definition.statics.includes(f.name)),
      templates: new Map<number, Template>(),
      fields: {},
    }));
    if (!checked) this.check();
  }

  /** @throws when two patterns can match the same word, or two definitions have one name. */
  check(): void {
    const names = new Set<string>();
    for (const d of this.definitions) {
      if (names.has(d.name)) throw new Error(`two instructions are called ${d.name}`);
      names.add(d.name);
    }
    for (let first = 0; first < 1 << firstLevelBits; first++) {
      const list = this.withFirst(first);
      for (const [i, { definition: d }] of list.entries())
        for (const { definition: other } of list.slice(0, i))
          if (overlap(d.pattern, other.pattern))
            throw new Error(`${d.name} (${d.pattern.text}) overlaps ${other.name} (${other.pattern.text})`);
    }
  }

  /** Definitions that words with these first bits can match. */
  private withFirst(first: number): readonly Entry[] {
    return (this.byFirst[first] ??= this.entries.filter(
      ({ definition: { pattern } }) => (((first << 21) ^ pattern.value) & pattern.mask) >>> 21 === 0,
    ));
  }

  /** The definition whose pattern `word` matches, allocated or not; undefined when there is none. */
  find(word: number): Definition | undefined {
    return this.entry(word)?.definition;
  }

  private entry(word: number): Entry | undefined {
    const first = word >>> 21;
    const second = (word >>> 10) & 63;
    let buckets = this.buckets[first];
    if (buckets === undefined) this.buckets[first] = buckets = new Array(1 << secondLevelBits);
    let bucket = buckets[second];
    if (bucket === undefined) {
      const bits = (first << 21) | (second << 10) | 0;
      const known = (0x7ff << 21) | (63 << 10);
      bucket = this.withFirst(first).filter(
        ({ definition: { pattern } }) => ((bits ^ pattern.value) & pattern.mask & known) === 0,
      );
      buckets[second] = bucket;
    }
    for (let i = 0; i < bucket.length; i++) {
      const entry = bucket[i]!;
      if (matches(entry.definition.pattern, word)) return entry;
    }
    return undefined;
  }

  /** Decodes `word`; undefined when it is unallocated, or its feature isn't one of `features`. */
  decode(word: number, features?: ReadonlySet<string>): Instruction | undefined {
    const entry = this.entry(word);
    if (entry === undefined) return undefined;
    const d = entry.definition;
    if (d.feature !== undefined && features !== undefined && !features.has(d.feature)) {
      const nop = d.hint ? this.decode(nopWord) : undefined;
      return nop && { ...nop, word };
    }
    const { fields } = entry;
    fillFields(fields, d.pattern, word);
    if (!d.where(fields)) return undefined;
    const { operands, statics } = d.prepare(fields);
    const values = Object.values(operands).map(operandValue);
    return { word, template: this.template(entry, fields, statics, operands), values };
  }

  private template(
    { definition, staticFields, templates }: Entry,
    fields: Fields,
    derived: Fields | undefined,
    operands: { readonly [name: string]: Operand },
  ): Template {
    let key = 0;
    for (const { name, width } of staticFields) key = key * (1 << width) + fields[name]!;
    if (derived !== undefined) for (const value of Object.values(derived)) key = key * 128 + value;
    let template = templates.get(key);
    if (template === undefined) {
      const statics: { [name: string]: number } = { ...derived };
      for (const name of definition.statics) statics[name] = fields[name]!;
      template = recordTemplate(definition, statics, operands);
      templates.set(key, template);
    }
    return template;
  }

  /** Text of `word` at `address`, as objdump writes it; ".inst 0x… ; undefined" when unallocated. */
  disassemble(word: number, address = 0n): string {
    const d = this.find(word);
    if (d !== undefined) {
      const fields = extractFields(d.pattern, word);
      if (d.where(fields)) return d.assembly(fields, address);
    }
    return `.inst\t0x${(word >>> 0).toString(16).padStart(8, "0")} ; undefined`;
  }
}
