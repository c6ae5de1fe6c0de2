import { tlbEntries } from "./tlb-layout.js";

const many = -1;

/**
 * For each page of linear memory, in which TLB sets it may have write tags: none, one or two sets, or any. Most pages are
 * written through one or two virtual addresses, so that taking their tags away need not look at whole TLBs.
 */
export class WriteTags {
  readonly #sets: Int32Array;

  constructor(bytes: number) {
    this.#sets = new Int32Array(Math.ceil(bytes / 4096));
  }

  /** A write tag for the page at `hostPage` is entered in the set of virtual address `low`. */
  note(hostPage: number, low: number): void {
    const page = hostPage >>> 12;
    const set = ((low >>> 12) & (tlbEntries - 1)) + 1;
    const known = this.#sets[page]!;
    if (known === many || (known & 0xffff) === set || known >>> 16 === set) return;
    this.#sets[page] = known === 0 ? set : known >>> 16 === 0 ? known | (set << 16) : many;
  }

  /** The sets (plus one, 16 bits each) that the page's write tags are in, 0 for none, -1 for any; they are forgotten. */
  take(hostPage: number): number {
    const page = hostPage >>> 12;
    const known = this.#sets[page]!;
    this.#sets[page] = 0;
    return known;
  }
}
