/** A source of random bytes. Deterministic machines are given a seeded one. */
export interface Entropy {
  fill(target: Uint8Array): void;
}
