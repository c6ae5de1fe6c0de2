import type { LinearMemory } from "./linear-memory.js";
import { PeState } from "./state-layout.js";
import { jumpCacheSize, TlbEntry, tlbEntries, tlbSize } from "./tlb-layout.js";

/** Bytes of linear memory that one context takes. */
export const tlbContextSize = tlbSize + jumpCacheSize;

/** Parts of a context's key besides ASID and VMID. */
export const ContextKey = {
  /** 0 EL1&0, 1 EL2, 2 EL2&0, 3 EL3. */
  regimeMask: 3,
  secure: 4,
  privileged: 8,
  pan: 16,
  stage1: 32,
  stage2: 64,
  /** Data accesses must be aligned (SCTLR_ELx.A). */
  aligned: 128,
  asidShift: 8,
} as const;

/** log2 of the sizes that blocks and pages other than 4 KB have, for all granules. */
const largeShifts = [14, 16, 21, 25, 29, 30, 36, 39, 42] as const;
const largeIndex = new Int8Array(64).fill(-1);
largeShifts.forEach((shift, index) => {
  largeIndex[shift] = index;
});
const largeKinds = largeShifts.length;
/** The same sizes in pages of 4 KB: a table, since powers are slow. */
const largePages = largeShifts.map((shift) => 2 ** (shift - 12));

/** Pages that ever had an execute tag, as a bitmap by low bits of the page number. */
const filterBits = 4096;
const filterWords = filterBits / 32;

/** As the filter of executed pages, for the blocks of one size. */
const largeFilterBits = 512;
const largeFilterWords = largeFilterBits / 32;

const entryWords = TlbEntry.size / 4;
const invalidWord = -1;
const globalFlag = 0x80;
const shiftMask = 0x7f;
const freeKey = -1;

/** Everything of a key but the ASID. */
const keyWithoutAsid = (1 << ContextKey.asidShift) - 1;
/** A context's key with another ASID. */
export function withAsid(key: number, asid: number): number {
  return (key & keyWithoutAsid) | (asid << ContextKey.asidShift);
}

/** Most entries of one ASID that a context may have to be handed on to another ASID with its global ones. */
const fewOfAsid = 32;
/** A power of two: contexts that were found are looked for first by a hash of their key. */
const hints = 1024;

/** Number of pages of 2^44 that a virtual address can name; page numbers are bits 55:12. */
const bit55Page = 2 ** 43;

/** The number of the page that an address lies in, without its top byte: bits 55:12. */
export function virtualPage(low: number, high: number): number {
  return (high & 0x00ff_ffff) * 0x10_0000 + (low >>> 12);
}

/**
 * The TLBs of one PE. Each context has one of its own, with a jump cache, and belongs to one key: translation regime,
 * security state, privilege, PAN, stages that are on, ASID, VMID, and to one configuration of the regime. Contexts are
 * reused in least recently used order, so that a switch of ASID or VMID drops nothing. A kernel's pages are mostly global:
 * a context that has little else goes from ASID to ASID and keeps them.
 */
export class TlbContexts {
  readonly count: number;
  readonly #memory: LinearMemory;
  readonly #base: number;
  readonly #key: Int32Array;
  readonly #vmid: Int32Array;
  readonly #configuration: Float64Array;
  readonly #stamp: Float64Array;
  #clock = 0;
  /** log2 of the size of the block or page that each entry came from, and whether it is global. */
  readonly #info: Uint8Array;
  /** By context, address half and size: first and last page of the blocks that entries were made from. */
  readonly #largeFirst: Float64Array;
  readonly #largeLast: Float64Array;
  /** By context and size: blocks that entries were made from, as a bitmap by low bits of the block's number. */
  readonly #largeFilter: Int32Array;
  readonly #executed: Int32Array;
  /** By context: how many entries were made that are its ASID's alone, the sets of the first few, and whether one was executed. */
  readonly #asidCount: Int32Array;
  readonly #asidSets: Int16Array;
  readonly #asidExecuted: Uint8Array;
  /** By a hash of the key: the context that it was found in last. */
  readonly #hint = new Uint16Array(hints);
  /** Contexts below this were used. */
  #used = 0;
  /** The words of PeState.context, contextUnprivileged and levelsEpoch. */
  readonly #state: Int32Array;
  /** Counts the times that a key lost its context. */
  epoch = 0;

  /** `base`: address of count * {@link tlbContextSize} bytes of linear memory. `state`: of the PE's state. */
  constructor(memory: LinearMemory, base: number, count: number, state: number) {
    const words = state + PeState.context;
    this.#state = memory.i32.subarray(words >> 2, (words >> 2) + 3);
    if (count < 3) throw new Error(`a processing element needs 3 TLB contexts or more, not ${count}`);
    this.#memory = memory;
    this.#base = base;
    this.count = count;
    this.#key = new Int32Array(count).fill(freeKey);
    this.#vmid = new Int32Array(count);
    this.#configuration = new Float64Array(count);
    this.#stamp = new Float64Array(count);
    this.#info = new Uint8Array(count * tlbEntries);
    this.#largeFirst = new Float64Array(count * 2 * largeKinds);
    this.#largeLast = new Float64Array(count * 2 * largeKinds);
    this.#largeFilter = new Int32Array(count * largeKinds * largeFilterWords);
    this.#executed = new Int32Array(count * filterWords);
    this.#asidCount = new Int32Array(count);
    this.#asidSets = new Int16Array(count * fewOfAsid);
    this.#asidExecuted = new Uint8Array(count);
  }

  /** The context that PeState.tlb names; it is cleared in place, never given away. */
  get current(): number {
    return this.#state[0]!;
  }

  set current(context: number) {
    this.#state[0] = context;
  }

  /** As {@link current}, of PeState.tlbUnprivileged. */
  get currentUnprivileged(): number {
    return this.#state[1]!;
  }

  set currentUnprivileged(context: number) {
    this.#state[1] = context;
  }

  /** A key has lost its context: levels that lead to it must look again. */
  #lose(): void {
    this.epoch++;
    this.#state[2]!++;
  }

  /** Address of a context's TLB. */
  tlb(context: number): number {
    return this.#base + context * tlbContextSize;
  }

  /** Address of a context's jump cache. */
  jumpCache(context: number): number {
    return this.#base + context * tlbContextSize + tlbSize;
  }

  /** The key of a context (see {@link ContextKey}); -1 while it is free. */
  key(context: number): number {
    return this.#key[context]!;
  }

  vmid(context: number): number {
    return this.#vmid[context]!;
  }

  /**
   * The context for a key: the one that has it, one that had it for another ASID and holds hardly anything but global
   * entries, or an empty one. `pinned` isn't given away. `configuration` is any number that changes when entries that were
   * made stop to hold.
   */
  find(key: number, vmid: number, pinned: number, configuration = 0): number {
    const keys = this.#key;
    const stamps = this.#stamp;
    const hash = (key ^ (key >>> ContextKey.asidShift) ^ (vmid * 5)) & (hints - 1);
    const hint = this.#hint[hash]!;
    if (keys[hint] === key && this.#vmid[hint] === vmid && this.#configuration[hint] === configuration) {
      stamps[hint] = ++this.#clock;
      return hint;
    }
    let heir = -1;
    for (let context = 0; context < this.#used; context++) {
      const candidate = keys[context]!;
      if (
        ((candidate ^ key) & keyWithoutAsid) !== 0 ||
        candidate === freeKey ||
        this.#vmid[context] !== vmid ||
        this.#configuration[context] !== configuration
      )
        continue;
      if (candidate === key) {
        stamps[context] = ++this.#clock;
        this.#hint[hash] = context;
        return context;
      }
      // What is privileged is what has global entries.
      if ((key & ContextKey.privileged) !== 0 && this.#asidCount[context]! <= fewOfAsid && context !== pinned)
        heir = context;
    }
    if (heir >= 0) this.#dropAsid(heir);
    else {
      heir = this.#oldest(pinned);
      this.#clear(heir);
    }
    this.#lose();
    keys[heir] = key;
    this.#vmid[heir] = vmid;
    this.#configuration[heir] = configuration;
    stamps[heir] = ++this.#clock;
    this.#hint[hash] = heir;
    return heir;
  }

  /** A context that is free, or else the one that was used longest ago. */
  #oldest(pinned: number): number {
    let oldest = -1;
    let age = Number.POSITIVE_INFINITY;
    for (let context = 0; context < this.#used; context++) {
      const stamp = this.#key[context] === freeKey ? -1 : this.#stamp[context]!;
      if (stamp < age && context !== pinned) {
        age = stamp;
        oldest = context;
      }
    }
    return age >= 0 && this.#used < this.count ? this.#used++ : oldest;
  }

  /** As two calls of {@link find} that would answer these contexts. */
  use(context: number, unprivileged: number): void {
    this.#stamp[context] = ++this.#clock;
    this.#stamp[unprivileged] = this.#clock;
  }

  /**
   * Enters a translation: the page of virtual address `high:low` is at `hostPage` in linear memory. Tags of the kinds
   * that are false stay as they were if the entry was this page's already.
   */
  fill(
    context: number,
    low: number,
    high: number,
    hostPage: number,
    read: boolean,
    write: boolean,
    shift: number,
    global: boolean,
  ): void {
    const word = this.#prepare(context, low, high, hostPage, shift, global);
    const i32 = this.#memory.i32;
    const page = low & ~0xfff;
    if (read) {
      i32[word] = page;
      i32[word + 1] = high;
    }
    if (write) {
      i32[word + 2] = page;
      i32[word + 3] = high;
    }
  }

  /** Enters a translation for execution; `records` is the address of the page's predecoded records. */
  fillExecute(
    context: number,
    low: number,
    high: number,
    hostPage: number,
    records: number,
    shift: number,
    global: boolean,
  ): void {
    const word = this.#prepare(context, low, high, hostPage, shift, global);
    const i32 = this.#memory.i32;
    i32[word + 4] = low & ~0xfff;
    i32[word + 5] = high;
    i32[word + 7] = records;
    if (!this.#isForAll(high, global)) this.#asidExecuted[context] = 1;
    const bit = (low >>> 12) & (filterBits - 1);
    this.#executed[context * filterWords + (bit >> 5)]! |= 1 << (bit & 31);
  }

  #prepare(context: number, low: number, high: number, hostPage: number, shift: number, global: boolean): number {
    const i32 = this.#memory.i32;
    const set = (low >>> 12) & (tlbEntries - 1);
    const word = (this.tlb(context) >>> 2) + set * entryWords;
    const addend = (hostPage - (low & ~0xfff)) | 0;
    const info = shift | (global ? globalFlag : 0);
    const entry = context * tlbEntries + set;
    // One addend serves three tags, so a valid tag of another page, or of this page mapped elsewhere, must go.
    if (i32[word + 6] !== addend || this.#info[entry] !== info || !this.#holdsOnly(word, low, high)) {
      for (let tag = 0; tag < 6; tag++) i32[word + tag] = invalidWord;
      i32[word + 6] = addend;
      this.#info[entry] = info;
      if (!this.#isForAll(high, global)) this.#noteAsid(context, set);
    }
    if (shift > 12) this.#noteLarge(context, low, high, shift);
    return word;
  }

  /**
   * Whether an entry may be kept for another ASID. Those of the lower half aren't, though global ones might be: there TTBR0_ELx
   * mostly changes with the ASID.
   */
  #isForAll(high: number, global: boolean): boolean {
    return global && (high & 0x0080_0000) !== 0;
  }

  /** An entry of the context's ASID was made in a set. */
  #noteAsid(context: number, set: number): void {
    const n = this.#asidCount[context]!++;
    if (n < fewOfAsid) this.#asidSets[context * fewOfAsid + n] = set;
  }

  /** Drops the entries that are its ASID's from a context that has no more than a few. */
  #dropAsid(context: number): void {
    const i32 = this.#memory.i32;
    const base = this.tlb(context) >>> 2;
    const count = this.#asidCount[context]!;
    for (let n = 0; n < count; n++) {
      const word = base + this.#asidSets[context * fewOfAsid + n]! * entryWords;
      // The addend too, so that the same entry is noted again when it is made again.
      i32.fill(invalidWord, word, word + 7);
    }
    if (this.#asidExecuted[context] !== 0) this.#clearJumpCache(context);
    this.#asidCount[context] = 0;
    this.#asidExecuted[context] = 0;
  }

  /** Whether every valid tag of an entry is of the page at `high:low`, whatever their top bytes. */
  #holdsOnly(word: number, low: number, high: number): boolean {
    const i32 = this.#memory.i32;
    const page = low & ~0xfff;
    for (let tag = 0; tag < 6; tag += 2) {
      const tagLow = i32[word + tag]!;
      if (tagLow === invalidWord) continue;
      if (tagLow !== page || ((i32[word + tag + 1]! ^ high) & 0x00ff_ffff) !== 0) return false;
    }
    return true;
  }

  #noteLarge(context: number, low: number, high: number, shift: number): void {
    const kind = largeIndex[shift]!;
    const page = virtualPage(low, high);
    const at = (context * 2 + (page >= bit55Page ? 1 : 0)) * largeKinds + kind;
    const pages = largePages[kind]!;
    const first = Math.floor(page / pages) * pages;
    if (first < this.#largeFirst[at]!) this.#largeFirst[at] = first;
    if (first + pages - 1 > this.#largeLast[at]!) this.#largeLast[at] = first + pages - 1;
    const block = (first / pages) % largeFilterBits;
    this.#largeFilter[(context * largeKinds + kind) * largeFilterWords + (block >> 5)]! |= 1 << (block & 31);
  }

  /** Whether entries may have been made from the block that holds a page. */
  #mayHaveBlock(context: number, kind: number, page: number, pages: number): boolean {
    const block = Math.floor(page / pages) % largeFilterBits;
    return (
      (this.#largeFilter[(context * largeKinds + kind) * largeFilterWords + (block >> 5)]! & (1 << (block & 31))) !== 0
    );
  }

  /** Empties a context: TLB, jump cache and what is remembered of them. */
  #clear(context: number): void {
    const { u8 } = this.#memory;
    const tlb = this.tlb(context);
    u8.fill(0xff, tlb, tlb + tlbSize);
    u8.fill(0xff, tlb + tlbSize, tlb + tlbContextSize);
    const from = context * 2 * largeKinds;
    this.#largeFirst.fill(Number.POSITIVE_INFINITY, from, from + 2 * largeKinds);
    this.#largeLast.fill(-1, from, from + 2 * largeKinds);
    const filter = context * largeKinds * largeFilterWords;
    this.#largeFilter.fill(0, filter, filter + largeKinds * largeFilterWords);
    this.#executed.fill(0, context * filterWords, (context + 1) * filterWords);
    this.#asidCount[context] = 0;
    this.#asidExecuted[context] = 0;
  }

  #drop(context: number): void {
    if (context === this.current || context === this.currentUnprivileged) this.#clear(context);
    else {
      this.#key[context] = freeKey;
      this.#lose();
    }
  }

  /** Drops everything. */
  invalidateAll(): void {
    for (let context = 0; context < this.#used; context++) this.#drop(context);
  }

  /** Drops the contexts whose key & `mask` is `value`, of one VMID or (-1) of all. */
  invalidateMatching(mask: number, value: number, vmid: number): void {
    for (let context = 0; context < this.#used; context++) {
      const key = this.#key[context]!;
      if (key !== freeKey && (key & mask) === value && (vmid < 0 || this.#vmid[context] === vmid)) this.#drop(context);
    }
  }

  /** Drops the entries of an ASID that aren't global. */
  invalidateAsid(mask: number, value: number, vmid: number, asid: number): void {
    for (let context = 0; context < this.#used; context++) {
      const key = this.#key[context]!;
      if (key === freeKey || (key & mask) !== value || (vmid >= 0 && this.#vmid[context] !== vmid)) continue;
      if (key >>> ContextKey.asidShift !== asid) continue;
      // Of many, those that are global are found again by walks.
      if (this.#asidCount[context]! <= fewOfAsid) this.#dropAsid(context);
      else this.#drop(context);
    }
  }

  /**
   * Drops what was made from the page or block that holds any of `pages` pages from `firstPage` on (numbers from
   * {@link virtualPage}): for one ASID, its entries and the global ones; for all of them with `asid` -1.
   */
  invalidatePages(mask: number, value: number, vmid: number, asid: number, firstPage: number, pages: number): void {
    for (let context = 0; context < this.#used; context++) {
      const key = this.#key[context]!;
      if (key === freeKey || (key & mask) !== value || (vmid >= 0 && this.#vmid[context] !== vmid)) continue;
      const globalOnly = asid >= 0 && key >>> ContextKey.asidShift !== asid;
      this.#dropRange(context, firstPage, pages, globalOnly);
      const half = (context * 2 + (firstPage >= bit55Page ? 1 : 0)) * largeKinds;
      for (let kind = 0; kind < largeKinds; kind++) {
        const last = firstPage + pages - 1;
        if (last < this.#largeFirst[half + kind]! || firstPage > this.#largeLast[half + kind]!) continue;
        const size = largePages[kind]!;
        const from = Math.floor(firstPage / size) * size;
        if (last < from + size && !this.#mayHaveBlock(context, kind, firstPage, size)) continue;
        this.#dropRange(context, from, Math.floor(last / size) * size + size - from, globalOnly);
      }
    }
  }

  #dropRange(context: number, firstPage: number, pages: number, globalOnly: boolean): void {
    const i32 = this.#memory.i32;
    const base = this.tlb(context) >>> 2;
    const entries = Math.min(pages, tlbEntries);
    const start = firstPage % tlbEntries;
    for (let n = 0; n < entries; n++) {
      const set = (start + n) & (tlbEntries - 1);
      if (globalOnly && (this.#info[context * tlbEntries + set]! & globalFlag) === 0) continue;
      const word = base + set * entryWords;
      for (let tag = 0; tag < 6; tag += 2) {
        const low = i32[word + tag]!;
        if (low === invalidWord) continue;
        const page = virtualPage(low, i32[word + tag + 1]!);
        if (page < firstPage || page >= firstPage + pages) continue;
        i32[word + tag] = invalidWord;
        i32[word + tag + 1] = invalidWord;
      }
    }
    if (this.#mayHaveExecuted(context, firstPage, pages)) this.#clearJumpCache(context);
  }

  /** Clears all of it: a region that starts in another page may lie in the pages that have become invalid as well. */
  #clearJumpCache(context: number): void {
    const cache = this.jumpCache(context);
    this.#memory.u8.fill(0xff, cache, cache + jumpCacheSize);
  }

  #mayHaveExecuted(context: number, firstPage: number, pages: number): boolean {
    const from = context * filterWords;
    const start = firstPage % filterBits;
    const count = Math.min(pages, filterBits);
    for (let n = 0; n < count; n++) {
      const bit = (start + n) & (filterBits - 1);
      if (this.#executed[from + (bit >> 5)]! & (1 << (bit & 31))) return true;
    }
    return false;
  }

  /** Drops the write tags of the page at `hostPage` in linear memory, in TLB set `set`, or (-1) wherever they are. */
  dropWriteTags(hostPage: number, set: number): void {
    const i32 = this.#memory.i32;
    const first = Math.max(set, 0);
    const last = set < 0 ? tlbEntries - 1 : set;
    for (let context = 0; context < this.#used; context++) {
      if (this.#key[context] === freeKey) continue;
      const base = this.tlb(context) >>> 2;
      for (let at = first; at <= last; at++) {
        const word = base + at * entryWords;
        const low = i32[word + 2]!;
        if (low === invalidWord || ((low + i32[word + 6]!) | 0) !== (hostPage | 0)) continue;
        i32[word + 2] = invalidWord;
        i32[word + 3] = invalidWord;
      }
    }
  }

  /** Drops the execute tags of entries that lead to the predecoded records at `records`. */
  dropExecuteTags(records: number): void {
    const i32 = this.#memory.i32;
    for (let context = 0; context < this.#used; context++) {
      if (this.#key[context] === freeKey) continue;
      const base = this.tlb(context) >>> 2;
      for (let word = base; word < base + tlbEntries * entryWords; word += entryWords) {
        if (i32[word + 7] !== records) continue;
        i32[word + 4] = invalidWord;
        i32[word + 5] = invalidWord;
      }
    }
  }

  /** Addresses of the predecoded records of the page at `high:low`, in all contexts that have fetched from it. */
  recordsOf(low: number, high: number): number[] {
    const i32 = this.#memory.i32;
    const found = new Set<number>();
    for (let context = 0; context < this.#used; context++) {
      if (this.#key[context] === freeKey) continue;
      const word = (this.tlb(context) >>> 2) + ((low >>> 12) & (tlbEntries - 1)) * entryWords;
      if (i32[word + 4] === (low & ~0xfff) && i32[word + 5] === high) found.add(i32[word + 7]!);
    }
    return [...found];
  }

  /** Drops the tags for reads and writes of the page at `high:low`, whatever the top byte of its address. */
  dropDataTags(low: number, high: number): void {
    const i32 = this.#memory.i32;
    const page = virtualPage(low, high);
    for (let context = 0; context < this.#used; context++) {
      if (this.#key[context] === freeKey) continue;
      const word = (this.tlb(context) >>> 2) + ((low >>> 12) & (tlbEntries - 1)) * entryWords;
      for (let tag = 0; tag < 4; tag += 2) {
        if (i32[word + tag] === invalidWord || virtualPage(i32[word + tag]!, i32[word + tag + 1]!) !== page) continue;
        i32[word + tag] = invalidWord;
        i32[word + tag + 1] = invalidWord;
      }
    }
  }

  /** Empties all jump caches: regions are gone. */
  clearJumpCaches(): void {
    for (let context = 0; context < this.#used; context++) this.#clearJumpCache(context);
  }

  /** log2 of the size of the block that an entry of a context came from; for `info tlb`. */
  blockShift(context: number, set: number): number {
    return this.#info[context * tlbEntries + set]! & shiftMask;
  }
}
