/** SIMD operands as objdump writes them. */

const letters = ["b", "h", "s", "d", "q"] as const;

/** Scalar register of element size 0 (B) to 4 (Q). */
export function scalarName(size: number, register: number): string {
  return `${letters[size]!}${register}`;
}

/** Arrangement specifier: 8b, 16b ... 1d, 2d. */
export function arrangement(size: number, Q: number): string {
  return `${(Q ? 16 : 8) >> size}${letters[size]!}`;
}

/** Vector register with its arrangement. */
export function vectorName(size: number, Q: number, register: number): string {
  return `v${register}.${arrangement(size, Q)}`;
}

/** One element of a vector register. */
export function elementName(size: number, register: number, index: number): string {
  return `v${register}.${letters[size]!}[${index}]`;
}

/** Braced list of `count` consecutive vector registers: spelt out up to two, or where the numbers wrap. */
export function listName(size: number, Q: number, first: number, count: number): string {
  const name = (i: number): string => vectorName(size, Q, (first + i) & 31);
  if (count > 2 && first + count <= 32) return `{${name(0)}-${name(count - 1)}}`;
  return `{${Array.from({ length: count }, (_, i) => name(i)).join(", ")}}`;
}

/** As {@link listName}, for an element of each register. */
export function elementListName(size: number, first: number, count: number, index: number): string {
  const name = (i: number): string => `v${(first + i) & 31}.${letters[size]!}`;
  if (count > 2 && first + count <= 32) return `{${name(0)}-${name(count - 1)}}[${index}]`;
  return `{${Array.from({ length: count }, (_, i) => name(i)).join(", ")}}[${index}]`;
}
