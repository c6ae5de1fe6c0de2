import type { InstructionTable } from "../../src/isa/table.js";
import { type Difference, explanations } from "./explained-differences.js";
import { baseAddress, isUndefined, objdumpText } from "./objdump.js";

export interface Comparison {
  words: number;
  /** Words with the same text, and those that both call undefined. */
  equal: number;
  undefined: number;
  readonly explained: Map<string, number>;
  /** Differences without an explanation: how many by definition, and the first of each. */
  readonly unexplained: Map<string, { count: number; first: string }>;
}

export function newComparison(): Comparison {
  return { words: 0, equal: 0, undefined: 0, explained: new Map(), unexplained: new Map() };
}

/** Disassembles `words` on both sides and adds what came out to `result`. */
export function compare(table: InstructionTable, words: readonly number[], result: Comparison): void {
  const texts = objdumpText(words);
  words.forEach((word, i) => {
    const theirs = texts[i]!;
    const ours = table.disassemble(word | 0, baseAddress + BigInt(4 * i));
    result.words++;
    if (isUndefined(ours) && isUndefined(theirs)) result.undefined++;
    else if (ours === theirs) result.equal++;
    else note({ word, definition: table.find(word | 0), ours, theirs }, result);
  });
}

function note(d: Difference, result: Comparison): void {
  const { explained, unexplained } = result;
  const found = explanations.find((e) => e.applies(d));
  if (found !== undefined) {
    explained.set(found.reason, (explained.get(found.reason) ?? 0) + 1);
    return;
  }
  const name = isUndefined(d.ours) ? `not in the table: ${d.theirs.split("\t")[0]}` : d.definition!.name;
  const first = `${(d.word >>> 0).toString(16).padStart(8, "0")} ${d.ours} | ${d.theirs}`;
  const entry = unexplained.get(name) ?? { count: 0, first };
  entry.count++;
  unexplained.set(name, entry);
}

/** xorshift32. */
export function randomWords(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/**
 * `count` words: half anywhere in the 32-bit space, half spread over the table's patterns. Some fields are made all
 * ones, since register 31 and the like are special.
 */
export function sample(table: InstructionTable, seed: number, count: number): number[] {
  const next = randomWords(seed);
  const words: number[] = [];
  for (let i = 0; i < count >> 1; i++) words.push(next());
  const { definitions } = table;
  for (let i = 0; words.length < count; i++) {
    const { mask, value } = definitions[i % definitions.length]!.pattern;
    const ones = next();
    let word = next();
    for (const [bit, low] of [0, 5, 10, 16].entries()) if (((ones >>> (3 * bit)) & 7) === 0) word |= 31 << low;
    words.push(((word & ~mask) | value) >>> 0);
  }
  return words;
}
