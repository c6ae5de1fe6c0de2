import { fpcrMask, fpsrMask } from "./machine-state.js";
import type { Random } from "./random.js";

/** An integer of `width` bits that is likely to be at an edge. */
export function interestingInteger(random: Random, width: number): bigint {
  const top = BigInt(width);
  switch (random.below(8)) {
    case 0:
      return BigInt.asUintN(width, BigInt(random.below(3)) - 1n);
    case 1:
      return BigInt.asUintN(width, (1n << (top - 1n)) - BigInt(random.below(2)));
    case 2:
      return BigInt.asUintN(width, (1n << BigInt(random.below(width))) - BigInt(random.below(3)) + 1n);
    case 3:
      return BigInt.asUintN(width, -(1n << BigInt(random.below(width))) + BigInt(random.below(3)) - 1n);
    case 4:
      return BigInt.asUintN(width, BigInt(random.below(256) - 128));
    case 5:
      return random.bits(width) >> BigInt(random.below(width));
    default:
      return random.bits(width);
  }
}

const formats = {
  16: { exponent: 5, fraction: 10 },
  32: { exponent: 8, fraction: 23 },
  64: { exponent: 11, fraction: 52 },
} as const;
export type FloatWidth = keyof typeof formats;

/**
 * A floating-point number of `width` bits: zeros, denormals, infinities and NaNs of both kinds are common; exponents of
 * normal numbers gather around `centre` (a fraction of the range), so that sums cancel and products stay finite.
 */
export function interestingFloat(random: Random, width: FloatWidth, centre: number): bigint {
  const { exponent, fraction } = formats[width];
  const maximum = (1 << exponent) - 1;
  const ones = (1n << BigInt(fraction)) - 1n;
  const quiet = 1n << BigInt(fraction - 1);
  const fractionBits = (): bigint => {
    switch (random.below(8)) {
      case 0:
        return 0n;
      case 1:
        return 1n;
      case 2:
        return ones;
      case 3:
        return quiet;
      case 4:
        return (ones << BigInt(random.below(fraction))) & ones;
      case 5:
        return 1n << BigInt(random.below(fraction));
      default:
        return random.bits(fraction);
    }
  };
  let e: number;
  let f = fractionBits();
  const kind = random.below(32);
  if (kind < 2) {
    e = 0;
    f = 0n;
  } else if (kind < 4) e = 0;
  else if (kind === 4) {
    e = maximum;
    f = 0n;
  } else if (kind === 5) {
    e = maximum;
    f |= quiet;
  } else if (kind === 6) {
    e = maximum;
    f = (f & ~quiet) | 1n;
  } else if (kind === 7) e = maximum - 1 - random.below(2);
  else if (kind === 8) e = 1 + random.below(2);
  else if (kind < 12) e = random.below(maximum + 1);
  else if (kind < 22) e = (maximum >> 1) + random.below(9) - 4;
  else if (kind < 24) e = (maximum >> 1) + random.below(2 * fraction + 4) - 2;
  else e = Math.round(centre * maximum) + random.below(7) - 3;
  e = Math.min(Math.max(e, 0), maximum);
  return (BigInt(random.below(2)) << BigInt(width - 1)) | (BigInt(e) << BigInt(fraction)) | f;
}

/** 128 bits: lanes of one kind, or of several, or copies of one lane. */
export function interestingVector(random: Random, centre: number): bigint {
  const kind = random.below(8);
  if (kind === 0) return random.bits(128);
  const width = random.pick([8, 16, 32, 64] as const);
  const lane = (): bigint =>
    width === 8 || kind < 3 ? interestingInteger(random, width) : interestingFloat(random, width, centre);
  const same = random.oneIn(8) ? lane() : undefined;
  let r = 0n;
  for (let i = 0; i < 128; i += width) r = (r << BigInt(width)) | (same ?? lane());
  return r;
}

/** Control bits: the usual ones half of the time. */
export function interestingFpcr(random: Random, halfPrecision: boolean): number {
  if (random.oneIn(2)) return 0;
  const bits = random.word() & random.word() & fpcrMask & ~(3 << 22);
  return ((bits | (random.below(4) << 22)) & (halfPrecision ? -1 : ~(1 << 19))) >>> 0;
}

export function interestingFpsr(random: Random): number {
  const kind = random.below(4);
  return kind < 2 ? 0 : kind === 2 ? 16 : (random.word() & fpsrMask) >>> 0;
}
