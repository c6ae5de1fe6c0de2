import { RegionLayout, regionsOf, SpanLayout } from "./volume.js";

/** Regions that were compiled ahead, all in one module. */
export interface RegionVolume {
  /** See volume.ts. */
  readonly description: Int32Array;
  /** Its module, which is wanted with the first of its regions; exports "0", "1"... Undefined: it can't be had after all. */
  readonly module: () => WebAssembly.Module | undefined;
}

/** 1024 instruction words in memory. */
export interface PageOfWords {
  readonly memory: Int32Array;
  /** Index of the first one. */
  readonly start: number;
}

/** A region of the library that is the right one for some code. */
export interface LibraryRegion {
  /** Its function. */
  readonly compiled: WebAssembly.ExportValue;
  /** Bytes from the entry where the words that it is made from begin and end, [start, end) in pairs. */
  readonly ranges: readonly number[];
}

interface Volume {
  readonly description: Int32Array;
  readonly starts: readonly number[];
  /** Undefined: not loaded yet; null: can't be. */
  exports: WebAssembly.Exports | undefined | null;
  readonly module: RegionVolume["module"];
}

const filterBits = 16;

/**
 * Regions compiled ahead, found by the code that they are made from: wherever the same words are in memory, at the same place of
 * their page, such a region does what they do.
 */
export class RegionLibrary {
  private readonly volumes: Volume[] = [];
  /** Regions by {@link entryKey}: volume * 2^16 + number. */
  private readonly byEntry = new Map<number, number[]>();
  /** One bit by a hash of an entry's word and place: most words aren't entries. */
  private readonly filter = new Int32Array(1 << (filterBits - 5));

  /** @param instantiate makes a volume's functions. */
  constructor(
    volumes: readonly RegionVolume[],
    private readonly instantiate: (module: WebAssembly.Module) => WebAssembly.Exports,
  ) {
    for (const { description, module } of volumes) {
      const starts = regionsOf(description);
      const volume = this.volumes.length;
      this.volumes.push({ description, starts, exports: undefined, module });
      starts.forEach((at, number) => {
        const inPage = description[at + RegionLayout.inPage]!;
        const word = description[at + RegionLayout.spans + SpanLayout.words]!;
        const key = entryKey(word, inPage);
        const others = this.byEntry.get(key);
        if (others === undefined) this.byEntry.set(key, [volume * 0x1_0000 + number]);
        else others.push(volume * 0x1_0000 + number);
        const bit = filterHash(word, inPage);
        this.filter[bit >> 5]! |= 1 << (bit & 31);
      });
    }
  }

  /** Whether a region begins with `word` at `inPage` bytes from the start of a page; it may go on in another way. */
  mayStart(word: number, inPage: number): boolean {
    const bit = filterHash(word, inPage);
    return (this.filter[bit >> 5]! & (1 << (bit & 31))) !== 0 && this.byEntry.has(entryKey(word, inPage));
  }

  /**
   * The number of the region for the code at a place. `pageAt` gives the page so many pages from the entry's: undefined where code can't be read
   * now. "elsewhere": there may be one, but its code can't be seen whole from here.
   */
  find(inPage: number, pageAt: (distance: number) => PageOfWords | undefined): number | "elsewhere" | undefined {
    const page = pageAt(0);
    if (page === undefined) return undefined;
    let elsewhere = false;
    for (const place of this.byEntry.get(entryKey(page.memory[page.start + (inPage >> 2)]!, inPage)) ?? []) {
      const { description, starts, exports } = this.volumes[place >> 16]!;
      if (exports === null) continue;
      const answer = matches(description, starts[place & 0xffff]!, inPage, pageAt);
      if (answer === true) return place;
      elsewhere ||= answer === undefined;
    }
    return elsewhere ? "elsewhere" : undefined;
  }

  /** A region that {@link find} found; undefined when its volume can't be loaded. */
  region(place: number): LibraryRegion | undefined {
    const volume = this.volumes[place >> 16]!;
    if (volume.exports === undefined) {
      const module = volume.module();
      volume.exports = module === undefined ? null : this.instantiate(module);
    }
    if (volume.exports === null) return undefined;
    const number = place & 0xffff;
    return { compiled: volume.exports[String(number)]!, ranges: ranges(volume.description, volume.starts[number]!) };
  }
}

/** Whether a region's words are there; undefined when some can't be read. */
function matches(
  description: Int32Array,
  region: number,
  inPage: number,
  pageAt: (distance: number) => PageOfWords | undefined,
): boolean | undefined {
  const spans = description[region + RegionLayout.spanCount]!;
  for (let s = 0, at = region + RegionLayout.spans; s < spans; s++) {
    const count = description[at + SpanLayout.count]!;
    let place = (inPage + description[at + SpanLayout.offset]!) >> 2;
    at += SpanLayout.words;
    for (let left = count; left > 0; ) {
      const some = Math.min(left, 1024 - (place & 1023));
      const page = pageAt(place >> 10);
      if (page === undefined) return undefined;
      const { memory } = page;
      const start = page.start + (place & 1023);
      for (let i = 0; i < some; i++) if (memory[start + i] !== description[at + i]) return false;
      at += some;
      place += some;
      left -= some;
    }
  }
  return true;
}

function ranges(description: Int32Array, region: number): number[] {
  const found: number[] = [];
  const spans = description[region + RegionLayout.spanCount]!;
  for (let s = 0, at = region + RegionLayout.spans; s < spans; s++) {
    const [offset, count] = [description[at + SpanLayout.offset]!, description[at + SpanLayout.count]!];
    found.push(offset, offset + 4 * count);
    at += SpanLayout.words + count;
  }
  return found;
}

function entryKey(word: number, inPage: number): number {
  return (word >>> 0) * 1024 + (inPage >> 2);
}

function filterHash(word: number, inPage: number): number {
  return Math.imul(word ^ Math.imul(inPage, 0x85eb_ca6b), 0x9e37_79b1) >>> (32 - filterBits);
}
