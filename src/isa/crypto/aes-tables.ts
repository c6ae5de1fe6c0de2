import { affine, inverse, inverseAffine, multiply, power } from "./galois-field.js";

/**
 * Tables of 16 bytes with which byte shuffles compute AES's S-boxes, without secrets in addresses (the technique of
 * M. Hamburg, "Accelerating AES with vector permute instructions", CHES 2009).
 *
 * A byte x is written as i + j t, where i and j are of the subfield of 16 elements and t solves t^2 + a t + 1 = 0. With
 * k = i + j, x has the norm N = k^2 + a i j, and from
 *
 *     u = 1 / (1/i + a/k) + j = N / (k + a i)        v = 1 / (1/j + a/k) + i = N / (k + a j)
 *
 * follows 1/x = p/u + q/v for two constants p and q. Every step is a sum or a function of four bits. Infinity is
 * represented by 0x80: a shuffle index above 15 gives 0, which is 1/infinity.
 */
export interface SubstitutionTables {
  /** From the low and the high four bits of a byte: sums to i << 4 | k. */
  readonly inputLow: readonly number[];
  readonly inputHigh: readonly number[];
  /** 1/n. */
  readonly inverse: readonly number[];
  /** a/n. */
  readonly ratio: readonly number[];
  /** From u and v: sums to the byte that was looked for, less `offset`. */
  readonly outputU: readonly number[];
  readonly outputV: readonly number[];
  readonly offset: number;
}

const infinity = 0x80;
const nibbles = Array.from({ length: 16 }, (_, n) => n);

/** Works out the tables of x -> after(1 / before(x)) + offset, for linear `after` and affine `before`. */
function tables(before: (x: number) => number, after: (x: number) => number, offset: number): SubstitutionTables {
  const generator = 3;
  const subfieldGenerator = power(generator, 17);
  const t = power(generator, 15);
  const a = t ^ inverse(t);
  const basis = [0, 1, 2, 3].map((n) => power(subfieldGenerator, n));
  const element = nibbles.map((n) => basis.reduce((sum, b, bit) => (n & (1 << bit) ? sum ^ b : sum), 0));
  const code = (x: number): number => element.indexOf(x);
  const split = new Map<number, number>();
  for (const i of nibbles) {
    for (const j of nibbles) split.set(element[i]! ^ multiply(element[j]!, t), (i << 4) | (i ^ j));
  }
  const divide = (x: number, n: number): number => multiply(x, inverse(element[n]!));
  const p = multiply(t ^ 1, inverse(multiply(a, a)));
  const q = 1 ^ multiply(p, 1 ^ a);
  const input = (x: number): number => split.get(before(x))!;
  return {
    inputLow: nibbles.map(input),
    inputHigh: nibbles.map((n) => input(n << 4) ^ input(0)),
    inverse: nibbles.map((n) => (n === 0 ? infinity : code(divide(1, n)))),
    ratio: nibbles.map((n) => (n === 0 ? infinity : code(divide(a, n)))),
    outputU: nibbles.map((n) => after(divide(p, n))),
    outputV: nibbles.map((n) => after(divide(q, n))),
    offset,
  };
}

/** SubBytes. */
export function substitution(): SubstitutionTables {
  return tables((x) => x, affine, 0x63);
}

/** InvSubBytes. */
export function inverseSubstitution(): SubstitutionTables {
  return tables(
    (x) => inverseAffine(x ^ 0x63),
    (x) => x,
    0,
  );
}
