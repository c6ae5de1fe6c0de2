import type { VolumeRegion } from "./volume.js";

/** Regions that were compiled ahead, all in one module. */
export interface RegionVolume {
  readonly regions: readonly VolumeRegion[];
  /** Its module, which is wanted with the first of its regions; exports "0", "1"... */
  readonly module: () => WebAssembly.Module;
}

/** A region of the library that is the right one for some code. */
export interface LibraryRegion extends VolumeRegion {
  /** Its function. */
  compiled(): WebAssembly.ExportValue;
}

const filterBits = 16;

/**
 * Regions compiled ahead, found by the code that they are made from: wherever the same words are in memory, at the same place of
 * their page, such a region does what they do.
 */
export class RegionLibrary {
  private readonly byEntry = new Map<number, LibraryRegion[]>();
  /** One bit by a hash of an entry's word and place: most words aren't entries. */
  private readonly filter = new Int32Array(1 << (filterBits - 5));
  readonly size: number;

  /** @param instantiate makes a volume's functions. */
  constructor(volumes: readonly RegionVolume[], instantiate: (module: WebAssembly.Module) => WebAssembly.Exports) {
    let size = 0;
    for (const { regions, module } of volumes) {
      let exports: WebAssembly.Exports | undefined;
      const exported = (): WebAssembly.Exports => (exports ??= instantiate(module()));
      regions.forEach((region, i) => {
        const entry: LibraryRegion = { ...region, compiled: () => exported()[String(i)]! };
        const word = region.spans[0]!.words[0]!;
        const key = entryKey(word, region.inPage);
        const others = this.byEntry.get(key);
        if (others === undefined) this.byEntry.set(key, [entry]);
        else others.push(entry);
        const bit = filterHash(word, region.inPage);
        this.filter[bit >> 5]! |= 1 << (bit & 31);
        size++;
      });
    }
    this.size = size;
  }

  /** Whether a region begins with `word` at `inPage` bytes from the start of a page; it may have another continuation. */
  mayStart(word: number, inPage: number): boolean {
    const bit = filterHash(word, inPage);
    return (this.filter[bit >> 5]! & (1 << (bit & 31))) !== 0 && this.byEntry.has(entryKey(word, inPage));
  }

  /**
   * The region for the code at a place. `wordAt` reads the word so many bytes from the entry: undefined where code can't be
   * read now. "elsewhere": there may be one, but its code can't be seen whole from here.
   */
  find(inPage: number, wordAt: (offset: number) => number | undefined): LibraryRegion | "elsewhere" | undefined {
    const word = wordAt(0);
    if (word === undefined) return undefined;
    let elsewhere = false;
    for (const region of this.byEntry.get(entryKey(word, inPage)) ?? []) {
      const answer = matches(region, wordAt);
      if (answer === true) return region;
      elsewhere ||= answer === undefined;
    }
    return elsewhere ? "elsewhere" : undefined;
  }
}

/** Whether the region's words are there; undefined when one can't be read. */
function matches(region: VolumeRegion, wordAt: (offset: number) => number | undefined): boolean | undefined {
  for (const { offset, words } of region.spans) {
    for (let i = 0; i < words.length; i++) {
      const word = wordAt(offset + 4 * i);
      if (word === undefined) return undefined;
      if (word !== words[i]) return false;
    }
  }
  return true;
}

function entryKey(word: number, inPage: number): number {
  return (word >>> 0) * 1024 + (inPage >> 2);
}

function filterHash(word: number, inPage: number): number {
  return Math.imul(word ^ Math.imul(inPage, 0x85eb_ca6b), 0x9e37_79b1) >>> (32 - filterBits);
}
