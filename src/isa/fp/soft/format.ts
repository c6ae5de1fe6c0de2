import type { Builder, Node } from "../../../ir/index.js";

/** A binary interchange format of IEEE 754. Soft routines hold values of all of them as bit patterns in an i64. */
export interface Format {
  /** Letter of the scalar registers that hold it. */
  readonly letter: "h" | "s" | "d";
  readonly width: 16 | 32 | 64;
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
}

function format(letter: Format["letter"], width: Format["width"], exponentBits: number): Format {
  return { letter, width, exponentBits, fractionBits: width - 1 - exponentBits, bias: (1 << (exponentBits - 1)) - 1 };
}

export const half = format("h", 16, 5);
export const single = format("s", 32, 8);
export const double = format("d", 64, 11);
export const formats: readonly Format[] = [half, single, double];

/** The format of elements of 2^`log2` bytes. */
export function formatOfSize(log2: number): Format {
  return formats[log2 - 1]!;
}

/** Bit patterns of special values. */
export function patterns(f: Format): {
  sign: bigint;
  infinity: bigint;
  fraction: bigint;
  quiet: bigint;
  defaultNaN: bigint;
  largest: bigint;
  magnitude: bigint;
} {
  const fraction = (1n << BigInt(f.fractionBits)) - 1n;
  const infinity = ((1n << BigInt(f.exponentBits)) - 1n) << BigInt(f.fractionBits);
  const quiet = 1n << BigInt(f.fractionBits - 1);
  const sign = 1n << BigInt(f.width - 1);
  return {
    sign,
    infinity,
    fraction,
    quiet,
    defaultNaN: infinity | quiet,
    largest: infinity - 1n,
    magnitude: sign - 1n,
  };
}

/** i64 constant from an unsigned pattern. */
export function pattern(pe: Builder, value: bigint): Node {
  return pe.c64(BigInt.asIntN(64, value));
}

export function signOf(pe: Builder, f: Format, x: Node): Node {
  return pe.low32(pe.shrU(x, pe.c64(f.width - 1)));
}
/** The pattern without its sign. */
export function magnitudeOf(pe: Builder, f: Format, x: Node): Node {
  return pe.and(x, pattern(pe, patterns(f).magnitude));
}
export function isAnyNaN(pe: Builder, f: Format, x: Node): Node {
  return pe.gtU(magnitudeOf(pe, f, x), pattern(pe, patterns(f).infinity));
}
export function isInfinity(pe: Builder, f: Format, x: Node): Node {
  return pe.eq(magnitudeOf(pe, f, x), pattern(pe, patterns(f).infinity));
}
export function isZero(pe: Builder, f: Format, x: Node): Node {
  return pe.eqz(magnitudeOf(pe, f, x));
}
export function isSignalling(pe: Builder, f: Format, x: Node): Node {
  return pe.and(isAnyNaN(pe, f, x), pe.eqz(pe.and(x, pattern(pe, patterns(f).quiet))));
}
/** `magnitude` (a constant pattern) with the sign that the i32 `sign`, 0 or 1, says. */
export function signed(pe: Builder, f: Format, sign: Node, magnitude: bigint): Node {
  return pe.or(pe.shl(pe.zeroExtend(sign), pe.c64(f.width - 1)), pattern(pe, magnitude));
}

/** A finite number other than zero: significand / 2^62 * 2^exponent, the significand's highest bit being bit 62. */
export interface Unpacked {
  /** i32, 0 or 1. */
  readonly sign: Node;
  /** i32. */
  readonly exponent: Node;
  /** i64. */
  readonly significand: Node;
}

/** Unpacks a finite number other than zero, denormals included. */
export function unpack(pe: Builder, f: Format, x: Node): Unpacked {
  const { fraction } = patterns(f);
  const magnitude = pe.let(magnitudeOf(pe, f, x));
  const biased = pe.let(pe.low32(pe.shrU(magnitude, pe.c64(f.fractionBits))));
  const denormal = pe.let(pe.eqz(biased));
  const zeros = pe.let(pe.op("i64.clz", magnitude));
  const significand = pe.select(
    denormal,
    pe.shl(magnitude, pe.sub(zeros, pe.c64(1))),
    pe.shl(pe.or(pe.and(magnitude, pattern(pe, fraction)), pattern(pe, fraction + 1n)), pe.c64(62 - f.fractionBits)),
  );
  // A denormal's highest bit, number 63 - zeros, is worth 2^(63 - zeros - F + 1 - bias).
  const exponent = pe.select(
    denormal,
    pe.sub(pe.c32(64 - f.fractionBits - f.bias), pe.low32(zeros)),
    pe.sub(biased, pe.c32(f.bias)),
  );
  return {
    sign: pe.let(signOf(pe, f, x)),
    exponent: pe.let(exponent),
    significand: pe.let(significand),
  };
}
