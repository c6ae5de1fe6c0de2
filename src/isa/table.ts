import { type Operand, reveal } from "../ir/index.js";
import type { Definition } from "./definition.js";
import { extractFields, type Fields, matches, overlap } from "./pattern.js";
import { type Instruction, recordTemplate, type Template } from "./template.js";

const firstLevelBits = 11; // word bits 31..21
const secondLevelBits = 6; // word bits 15..10
/** What a hint is where its feature is absent. */
const nopWord = 0xd503201f;

/** A set of definitions that words are decoded by. */
export class InstructionTable {
  private readonly buckets: (readonly Definition[] | undefined)[] = new Array(1 << (firstLevelBits + secondLevelBits));
  private readonly byFirst: (readonly Definition[] | undefined)[] = new Array(1 << firstLevelBits);
  private readonly templates = new Map<Definition, Map<number, Template>>();
  readonly definitions: readonly Definition[];

  /**
   * @param checked that {@link check} has been run over these groups before, as the tests do for the machine's own: it
   *   takes long enough to be seen at every start.
   * @throws when two patterns can match the same word, or two definitions have one name.
   */
  constructor(groups: readonly (readonly Definition[])[], checked = false) {
    this.definitions = groups.flat();
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
      for (const [i, d] of list.entries())
        for (const other of list.slice(0, i))
          if (overlap(d.pattern, other.pattern))
            throw new Error(`${d.name} (${d.pattern.text}) overlaps ${other.name} (${other.pattern.text})`);
    }
  }

  /** Definitions that words with these first bits can match. */
  private withFirst(first: number): readonly Definition[] {
    return (this.byFirst[first] ??= this.definitions.filter(
      ({ pattern }) => (((first << 21) ^ pattern.value) & pattern.mask) >>> 21 === 0,
    ));
  }

  /** The definition whose pattern `word` matches, allocated or not; undefined when there is none. */
  find(word: number): Definition | undefined {
    const first = word >>> 21;
    const index = (first << secondLevelBits) | ((word >>> 10) & 63);
    let bucket = this.buckets[index];
    if (bucket === undefined) {
      const bits = (first << 21) | (((word >>> 10) & 63) << 10) | 0;
      const known = (0x7ff << 21) | (63 << 10);
      bucket = this.withFirst(first).filter((d) => ((bits ^ d.pattern.value) & d.pattern.mask & known) === 0);
      this.buckets[index] = bucket;
    }
    for (let i = 0; i < bucket.length; i++) {
      const d = bucket[i]!;
      if (matches(d.pattern, word)) return d;
    }
    return undefined;
  }

  /** Decodes `word`; undefined when it is unallocated, or its feature isn't one of `features`. */
  decode(word: number, features?: ReadonlySet<string>): Instruction | undefined {
    const d = this.find(word);
    if (d === undefined) return undefined;
    if (d.feature !== undefined && features !== undefined && !features.has(d.feature)) {
      const nop = d.hint ? this.decode(nopWord) : undefined;
      return nop && { ...nop, word };
    }
    const fields = extractFields(d.pattern, word);
    if (!d.where(fields)) return undefined;
    const prepared = d.prepare(fields);
    const values: (number | bigint)[] = [];
    for (const name in prepared.operands) values.push(reveal(prepared.operands[name]!).value);
    return { word, template: this.template(d, fields, prepared.statics, prepared.operands), values };
  }

  private template(
    d: Definition,
    fields: Fields,
    derived: Fields | undefined,
    operands: { readonly [name: string]: Operand },
  ): Template {
    let key = 0;
    for (const f of d.pattern.fields) {
      if (d.statics.includes(f.name)) key = key * (1 << f.width) + fields[f.name]!;
    }
    if (derived !== undefined) for (const name in derived) key = key * 128 + derived[name]!;
    let known = this.templates.get(d);
    if (known === undefined) this.templates.set(d, (known = new Map()));
    let template = known.get(key);
    if (template === undefined) {
      const statics: { [name: string]: number } = { ...derived };
      for (const name of d.statics) statics[name] = fields[name]!;
      template = recordTemplate(d, statics, operands);
      known.set(key, template);
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
