import type { Entropy } from "../ports/index.js";

const MASK = 0xffffffffffffffffn;

/**
 * Random bytes that depend on the seed alone: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), its state filled by SplitMix64 as its authors advise. Not for secrets that matter.
 */
export class SeededEntropy implements Entropy {
  readonly #state = new BigUint64Array(4);

  constructor(seed: bigint) {
    let x = seed & MASK;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b97f4a7c15n) & MASK;
      let z = x;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
      this.#state[i] = z ^ (z >> 31n);
    }
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += 8) {
      let value = this.next();
      const end = Math.min(at + 8, target.length);
      for (let i = at; i < end; i++) {
        target[i] = Number(value & 0xffn);
        value >>= 8n;
      }
    }
  }

  /** The next 64 bits. */
  next(): bigint {
    const s = this.#state;
    const s1 = s[1]!;
    const result = (rotate((s1 * 5n) & MASK, 7n) * 9n) & MASK;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= (s1 << 17n) & MASK;
    s[3] = rotate(s[3]!, 45n);
    return result;
  }

  save(): readonly bigint[] {
    return [...this.#state];
  }

  restore(state: readonly bigint[]): void {
    this.#state.set(state);
  }
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}
