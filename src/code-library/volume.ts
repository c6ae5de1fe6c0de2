import type { RegionPlan } from "../jit/region-compiler.js";

/** Instruction words that a region was compiled from, one after the other. */
export interface Span {
  /** Bytes from the region's entry. */
  readonly offset: number;
  readonly words: Int32Array;
}

/** A region compiled ahead: what must be in memory for it to be the right one. */
export interface VolumeRegion {
  /** Of its entry in the page, in bytes. */
  readonly inPage: number;
  readonly instructions: number;
  /** The first one begins at the entry. */
  readonly spans: readonly Span[];
}

const magic = 0x5a52_5631;

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
  return {
    inPage,
    instructions: flow.instructionCount,
    spans: spans.map((s) => ({ offset: s.offset, words: Int32Array.from(s.words) })),
  };
}

/** Descriptions of a volume's regions as a file; their functions are those of its module with the same numbers. */
export function encodeVolume(regions: readonly VolumeRegion[]): Uint8Array<ArrayBuffer> {
  const out: number[] = [magic, regions.length];
  for (const { inPage, instructions, spans } of regions) {
    out.push(inPage, instructions, spans.length);
    for (const { offset, words } of spans) out.push(offset, words.length, ...words);
  }
  return new Uint8Array(Int32Array.from(out).buffer);
}

/** The regions in a file's bytes. @throws when they aren't a volume. */
export function decodeVolume(bytes: Uint8Array): VolumeRegion[] {
  const all = new Int32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  const [found, count = 0] = all;
  if (found !== magic) throw new Error("it isn't a volume of regions");
  const regions: VolumeRegion[] = [];
  let at = 2;
  for (let i = 0; i < count; i++) {
    const [inPage, instructions, spanCount] = [all[at]!, all[at + 1]!, all[at + 2]!];
    at += 3;
    const spans: Span[] = [];
    for (let s = 0; s < spanCount; s++) {
      const [offset, length] = [all[at]!, all[at + 1]!];
      spans.push({ offset, words: all.subarray(at + 2, at + 2 + length) });
      at += 2 + length;
    }
    regions.push({ inPage, instructions, spans });
  }
  if (at !== all.length) throw new Error("it is a volume of regions that isn't whole");
  return regions;
}
