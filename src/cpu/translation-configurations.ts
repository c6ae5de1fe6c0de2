/** Configurations that are remembered: a hypervisor and a few guests have two or three each. */
const remembered = 16;
const words = 8;

/**
 * Numbers for the values of the registers that say how the EL1&0 regime translates. Cached translations belong to one
 * number, so that a hypervisor which gives its guest other values and comes back loses nothing.
 */
export class TranslationConfigurations {
  readonly #values = new Int32Array(remembered * words);
  readonly #numbers = new Float64Array(remembered).fill(-1);
  #current = 0;
  #next = 0;

  /** The number of a configuration of eight words: the same for the same words, while it is among those used last. */
  find(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number): number {
    if (this.#holds(this.#current, a, b, c, d, e, f, g, h)) return this.#numbers[this.#current]!;
    for (let slot = 0; slot < remembered; slot++) {
      if (!this.#holds(slot, a, b, c, d, e, f, g, h)) continue;
      this.#current = slot;
      return this.#numbers[slot]!;
    }
    // The next number takes the place of the oldest, whose translations nobody finds again.
    const slot = this.#next % remembered;
    this.#values.set([a, b, c, d, e, f, g, h], slot * words);
    this.#numbers[slot] = this.#next++;
    this.#current = slot;
    return this.#numbers[slot]!;
  }

  #holds(slot: number, a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) {
    const values = this.#values;
    const at = slot * words;
    return (
      this.#numbers[slot]! >= 0 &&
      values[at] === a &&
      values[at + 1] === b &&
      values[at + 2] === c &&
      values[at + 3] === d &&
      values[at + 4] === e &&
      values[at + 5] === f &&
      values[at + 6] === g &&
      values[at + 7] === h
    );
  }
}
