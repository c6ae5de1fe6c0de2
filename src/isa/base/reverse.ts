import type { Builder, Node } from "../../ir/index.js";

/** Reverses the bytes in each group of `size` bytes (2, 4 or 8) of an integer. */
export function reverseBytes(pe: Builder, value: Node, size: number): Node {
  const lanes = value.type === "i64" ? "i64x2" : "i32x4";
  const splat = pe.let(pe.op(`${lanes}.splat`, value));
  const bytes = Array.from({ length: 16 }, (_, i) => i ^ (size - 1));
  return pe.lane(`${lanes}.extract_lane`, 0, pe.shuffle(splat, splat, bytes));
}

/** Reverses all bits: by halves within each byte, then the bytes. */
export function reverseBits(pe: Builder, value: Node): Node {
  const wide = value.type === "i64";
  const constant = (n: number): Node => (wide ? pe.c64(n) : pe.c32(n));
  const pattern = (byte: number): Node => {
    const word = byte * 0x01010101;
    return wide ? pe.c64(BigInt(word) * 0x100000001n) : pe.c32(word);
  };
  let x = value;
  for (const [amount, byte] of [
    [1, 0x55],
    [2, 0x33],
    [4, 0x0f],
  ] as const) {
    const from = pe.let(x);
    const shift = constant(amount);
    const mask = pattern(byte);
    x = pe.or(pe.and(pe.shrU(from, shift), mask), pe.shl(pe.and(from, mask), shift));
  }
  return reverseBytes(pe, x, wide ? 8 : 4);
}
