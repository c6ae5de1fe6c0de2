import { type Builder, type Node, type Routine, routine } from "../../ir/index.js";
import { multiply } from "./elementwise.js";
import { signedLimit } from "./saturating.js";
import { elementBits, elements, lanes, ones, setSaturated, zeros } from "./vector.js";

/** What distinguishes SSHL, USHL, SRSHL, URSHL, SQSHL, UQSHL, SQRSHL and UQRSHL. */
export interface RegisterShift {
  readonly signed: boolean;
  readonly rounding: boolean;
  readonly saturating: boolean;
}

/** Applies `operation` to both doublewords. */
function perDoubleword(pe: Builder, x: Node, n: Node, operation: (x: Node, n: Node) => Node): Node {
  const lane = (i: number): Node =>
    operation(pe.let(pe.lane("i64x2.extract_lane", i, x)), pe.let(pe.lane("i64x2.extract_lane", i, n)));
  return pe.lane("i64x2.replace_lane", 1, pe.op("i64x2.splat", lane(0)), lane(1));
}

/**
 * Shifts each element left by `n`; amounts outside 0..width-1 give 0. Narrow elements are multiplied by a power of two,
 * whose bytes come from a table: byte k is 1 << (n - 8k) where that is 1..128, else 0.
 */
function shiftLeft(pe: Builder, size: number, x: Node, n: Node): Node {
  if (size === 3) {
    return perDoubleword(pe, x, n, (value, amount) =>
      pe.select(pe.ltU(amount, pe.c64(64)), pe.shl(value, amount), pe.c64(0)),
    );
  }
  const bytes = Array.from({ length: 16 }, (_, i) => i);
  const spread = pe.shuffle(
    n,
    n,
    bytes.map((i) => (i >> size) << size),
  );
  const offsets = pe.c128(bytes.map((i) => (i & ((1 << size) - 1)) * 8));
  const powers = pe.c128(bytes.map((i) => (i < 8 ? 1 << i : 0)));
  return multiply(pe, size, x, pe.op("i8x16.swizzle", powers, pe.op("i8x16.sub", spread, offsets)));
}

/** Shifts each element right by `n`, at least 0; amounts from the width up give the sign or 0. */
function shiftRight(pe: Builder, size: number, signed: boolean, x: Node, n: Node): Node {
  const bits = elementBits(size);
  if (size === 3) {
    return perDoubleword(pe, x, n, (value, amount) => {
      const fits = pe.ltU(amount, pe.c64(64));
      if (signed) return pe.shrS(value, pe.select(fits, amount, pe.c64(63)));
      return pe.select(fits, pe.shrU(value, amount), pe.c64(0));
    });
  }
  const last = elements(pe, size, bits - 1);
  const amount = pe.let(lanes(pe, size, "min_u", n, last));
  const operation = signed ? "shr_s" : "shr_u";
  let value = x;
  for (let step = 1; step < bits; step *= 2) {
    const bit = elements(pe, size, step);
    const chosen = lanes(pe, size, "eq", pe.op("v128.and", amount, bit), bit);
    value = pe.let(pe.op("v128.bitselect", lanes(pe, size, operation, value, pe.c32(step)), value, chosen));
  }
  return signed ? value : pe.op("v128.and", value, lanes(pe, size, "le_u", n, last));
}

function write(pe: Builder, size: number, how: RegisterShift, x: Node, amounts: Node): void {
  const { signed, rounding, saturating } = how;
  // The amount is the element's lowest byte, signed.
  const above = pe.c32(elementBits(size) - 8);
  const n = size === 0 ? amounts : pe.let(lanes(pe, size, "shr_s", lanes(pe, size, "shl", amounts, above), above));
  const negative = pe.let(lanes(pe, size, "lt_s", n, zeros(pe)));
  const m = pe.let(lanes(pe, size, "neg", n));
  let right: Node;
  if (rounding) {
    // Shifted by one less: the last bit out rounds.
    const t = pe.let(shiftRight(pe, size, signed, x, pe.let(lanes(pe, size, "add", m, ones(pe)))));
    const half = lanes(pe, size, signed ? "shr_s" : "shr_u", t, pe.c32(1));
    right = pe.let(lanes(pe, size, "add", half, pe.op("v128.and", t, elements(pe, size, 1))));
  } else {
    right = pe.let(shiftRight(pe, size, signed, x, m));
  }
  let left = pe.let(shiftLeft(pe, size, x, n));
  if (saturating) {
    const lost = pe.let(lanes(pe, size, "ne", shiftRight(pe, size, signed, left, n), x));
    const limit = signed ? signedLimit(pe, size, x) : ones(pe);
    left = pe.let(pe.op("v128.bitselect", limit, left, lost));
    setSaturated(pe, pe.op("v128.andnot", lost, negative));
  }
  pe.return(pe.op("v128.bitselect", right, left, negative));
}

/** The routine, for elements of each size, that shifts its first argument by its second, and sets FPSR.QC. */
export function registerShift(name: string, how: RegisterShift): readonly Routine[] {
  return [0, 1, 2, 3].map((size) =>
    routine(`${name}.${elementBits(size)}`, ["v128", "v128"], "v128", (pe, x, n) => write(pe, size, how, x!, n!)),
  );
}
