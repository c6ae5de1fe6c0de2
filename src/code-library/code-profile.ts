/** What a machine knows of the code that it has executed, for regions to be compiled ahead of its next run. */
export interface CodeProfile {
  readonly pages: readonly ProfiledPage[];
  /** Regions that the machine compiled itself. */
  readonly regions: readonly ProfiledRegion[];
}

/** A physical page of code. */
export interface ProfiledPage {
  /** Physical address / 4096. */
  readonly page: number;
  /** Virtual address / 4096 at which it was fetched last, as an unsigned number of 52 bits. */
  readonly virtualPage: number;
  /** Its 1024 instruction words. */
  readonly words: Int32Array;
  /** By word: how often control arrived by a taken branch. {@link unexecuted} where nothing was executed. */
  readonly heat: Uint16Array;
}

/** The heat of a word that was never executed. */
export const unexecuted = 0xffff;

/**
 * A region that was compiled while the machine ran. It was planned when its entry became hot: what was executed only later
 * isn't part of it, and that is to be so again.
 */
export interface ProfiledRegion {
  /** Physical address. */
  readonly entry: number;
  /** Physical addresses where its words begin and end, [start, end) in pairs. */
  readonly ranges: readonly number[];
  /** Physical addresses where its BRs were thought to go, and its BLRs beside the one below. */
  readonly targets: readonly number[];
  /** X registers through which it calls, and how far from the entry they pointed, in bytes. */
  readonly callees: readonly { readonly register: number; readonly distance: number }[];
}

const magic = 0x5a43_5032;
const wordsPerPage = 1024;
/** 32-bit words of a page in the file: numbers, then instructions, then two heats in a word. */
const pageSize = 4 + wordsPerPage + wordsPerPage / 2;

/** A profile as a file. */
export function encodeProfile({ pages, regions }: CodeProfile): Uint8Array {
  const tail: number[] = [];
  for (const { entry, ranges, targets, callees } of regions) {
    tail.push(...split(entry), ranges.length, targets.length, callees.length);
    for (const address of [...ranges, ...targets]) tail.push(...split(address));
    for (const { register, distance } of callees) tail.push(register, distance);
  }
  const out = new Int32Array(3 + pages.length * pageSize + tail.length);
  out.set([magic, pages.length, regions.length]);
  let at = 3;
  for (const p of pages) {
    out.set([...split(p.page), ...split(p.virtualPage)], at);
    out.set(p.words, at + 4);
    out.set(new Int32Array(p.heat.slice().buffer), at + 4 + wordsPerPage);
    at += pageSize;
  }
  out.set(tail, at);
  return new Uint8Array(out.buffer);
}

/** The profile in a file's bytes. @throws when they aren't one. */
export function decodeProfile(bytes: Uint8Array): CodeProfile {
  const all = new Int32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  const [found, pageCount = 0, regionCount = 0] = all;
  if (found !== magic || all.length < 3 + pageCount * pageSize)
    throw new Error("it isn't a code profile, or isn't whole");
  const pages: ProfiledPage[] = [];
  let at = 3;
  for (let i = 0; i < pageCount; i++, at += pageSize) {
    const heatAt = (at + 4 + wordsPerPage) * 4;
    pages.push({
      page: joined(all, at),
      virtualPage: joined(all, at + 2),
      words: all.subarray(at + 4, at + 4 + wordsPerPage),
      heat: new Uint16Array(all.buffer, heatAt, wordsPerPage),
    });
  }
  const regions: ProfiledRegion[] = [];
  for (let i = 0; i < regionCount; i++) {
    const entry = joined(all, at);
    const [ranges, targets, callees] = [all[at + 2]!, all[at + 3]!, all[at + 4]!];
    at += 5;
    const addresses = Array.from({ length: ranges + targets }, (_, n) => joined(all, at + 2 * n));
    at += 2 * addresses.length;
    regions.push({
      entry,
      ranges: addresses.slice(0, ranges),
      targets: addresses.slice(ranges),
      callees: Array.from({ length: callees }, (_, n) => ({
        register: all[at + 2 * n]!,
        distance: all[at + 2 * n + 1]!,
      })),
    });
    at += 2 * callees;
  }
  if (at !== all.length) throw new Error("it isn't a code profile, or isn't whole");
  return { pages, regions };
}

function split(value: number): [number, number] {
  return [value | 0, Math.floor(value / 2 ** 32)];
}

function joined(words: Int32Array, at: number): number {
  return (words[at]! >>> 0) + words[at + 1]! * 2 ** 32;
}
