import { headOf, linkPages, type RegionIndexLayout, RegionLink } from "../interpreter/arrival.js";
import type { LinearMemory } from "./linear-memory.js";

/** Enters compiled regions where generated code finds them by the record of their first instruction (interpreter/arrival.ts). */
export class RegionIndex {
  readonly #memory: LinearMemory;
  readonly #layout: RegionIndexLayout;
  /** The first record of the region in each slot; 0 for those that aren't entered. */
  readonly #records: number[] = [];

  constructor(memory: LinearMemory, layout: RegionIndexLayout) {
    this.#memory = memory;
    this.#layout = layout;
  }

  /**
   * Enters the region in `slot`, which starts at `record`. `pages`: what else it needs, by the distance from its first page, and the
   * address of the page's records. A region with too many pages, or in too high a slot, is left to the machine.
   */
  enter(slot: number, record: number, pages: readonly { readonly distance: number; readonly records: number }[]): void {
    if (pages.length > linkPages || slot >= this.#layout.linkCount) return;
    const { i32 } = this.#memory;
    const head = headOf(this.#layout, record) >> 2;
    const link = this.#link(slot);
    i32[link + RegionLink.next / 4] = i32[head]!;
    i32[link + RegionLink.pages / 4] = pages.length;
    pages.forEach(({ distance, records }, i) => {
      const at = link + (RegionLink.page + i * RegionLink.pageSize) / 4;
      i32[at] = distance;
      i32[at + 1] = records;
    });
    i32[head] = slot;
    this.#records[slot] = record;
  }

  /** The region in `slot` is no more. */
  remove(slot: number): void {
    const record = this.#records[slot] ?? 0;
    if (record === 0) return;
    this.#records[slot] = 0;
    const { i32 } = this.#memory;
    let at = headOf(this.#layout, record) >> 2;
    while (i32[at] !== slot) at = this.#link(i32[at]!) + RegionLink.next / 4;
    i32[at] = i32[this.#link(slot) + RegionLink.next / 4]!;
  }

  /** All regions are gone. */
  clear(): void {
    const { i32 } = this.#memory;
    for (const record of this.#records) if (record) i32[headOf(this.#layout, record) >> 2] = 0;
    this.#records.length = 0;
  }

  #link(slot: number): number {
    return (this.#layout.links + slot * RegionLink.size) >> 2;
  }
}
