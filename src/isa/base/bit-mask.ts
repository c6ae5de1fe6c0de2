/**
 * The mask that a logical immediate stands for (Arm ARM J1, DecodeBitMasks): an element of 2 to 64 bits, S + 1 ones
 * rotated right by R, repeated. Undefined when the encoding is reserved.
 */
export function decodeBitMask(N: number, imms: number, immr: number, width: 32 | 64): bigint | undefined {
  if (N && width === 32) return undefined;
  const length = 31 - Math.clz32((N << 6) | (~imms & 63));
  if (length < 1) return undefined;
  const size = 1 << length;
  const ones = (imms & (size - 1)) + 1;
  if (ones === size) return undefined;
  const rotation = BigInt(immr & (size - 1));
  const bits = BigInt(size);
  const run = (1n << BigInt(ones)) - 1n;
  const element = BigInt.asUintN(size, (run >> rotation) | (run << (bits - rotation)));
  let mask = 0n;
  for (let i = 0n; i < BigInt(width); i += bits) mask |= element << i;
  return mask;
}

/** Whether MOV (wide immediate) is preferred over MOV (bitmask immediate) for this mask: MoveWidePreferred. */
export function isMoveWide(mask: bigint, width: 32 | 64): boolean {
  const inverse = BigInt.asUintN(width, ~mask);
  for (let shift = 0n; shift < BigInt(width); shift += 16n) {
    const outside = ~(0xffffn << shift);
    if ((mask & outside) === 0n || (inverse & outside) === 0n) return true;
  }
  return false;
}
