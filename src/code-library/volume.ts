import type { RegionPlan } from "../jit/region-compiler.js";

/** Instruction words that a region was compiled from, one after the other. */
export interface Span {
  /** Bytes from the region's entry. */
  readonly offset: number;
  readonly words: readonly number[];
}

/** A region compiled ahead: what must be in memory for it to be the right one. */
export interface VolumeRegion {
  /** Of its entry in the page, in bytes. */
  readonly inPage: number;
  /** The first one begins at the entry. */
  readonly spans: readonly Span[];
}

const magic = 0x5a52_5632;
const headerSize = 2;

/**
 * Where things are in a volume's description, in 32-bit words from the start of a region's. A region is its place in the page, the
 * number of its spans, and for each span its offset, its number of words and the words.
 */
export const RegionLayout = { inPage: 0, spanCount: 1, spans: 2 } as const;
export const SpanLayout = { offset: 0, count: 1, words: 2 } as const;

/** The words that a planned region is made from. */
export function regionOf({ flow }: RegionPlan, inPage: number): VolumeRegion {
  const words = new Map<number, number>();
  for (const block of flow.blocks)
    block.instructions.forEach((instruction, i) => void words.set(block.start + 4 * i, instruction.word | 0));
  const spans: { offset: number; words: number[] }[] = [];
  // The entry's first: what comes before it in memory has negative offsets.
  const offsets = [...words.keys()].sort((a, b) => Number(a < 0) - Number(b < 0) || a - b);
  for (const offset of offsets) {
    const last = spans.at(-1);
    if (last !== undefined && offset === last.offset + 4 * last.words.length) last.words.push(words.get(offset)!);
    else spans.push({ offset, words: [words.get(offset)!] });
  }
  return { inPage, spans };
}

/** Describes a volume's regions; their functions are those of its module with the same numbers. */
export function encodeVolume(regions: readonly VolumeRegion[]): Int32Array<ArrayBuffer> {
  const out: number[] = [magic, regions.length];
  for (const { inPage, spans } of regions) {
    out.push(inPage, spans.length);
    for (const { offset, words } of spans) out.push(offset, words.length, ...words);
  }
  return Int32Array.from(out);
}

/** Where the regions of a description begin. @throws when it isn't one, or isn't whole. */
export function regionsOf(description: Int32Array): number[] {
  const [found, count = 0] = description;
  if (found !== magic) throw new Error("it isn't a volume of regions");
  const starts: number[] = [];
  let at = headerSize;
  for (let i = 0; i < count; i++) {
    starts.push(at);
    const spans = description[at + RegionLayout.spanCount]!;
    at += RegionLayout.spans;
    for (let s = 0; s < spans; s++) at += SpanLayout.words + description[at + SpanLayout.count]!;
  }
  if (at !== description.length) throw new Error("it is a volume of regions that isn't whole");
  return starts;
}
