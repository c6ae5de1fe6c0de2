import type { Builder, Node } from "../../../ir/index.js";

/** 128 bits, unsigned. */
export interface Wide {
  readonly high: Node;
  readonly low: Node;
}

/** The 128-bit product of two unsigned i64. */
export function multiplyWide(pe: Builder, a: Node, b: Node): Wide {
  const mask = pe.c64(0xffff_ffff);
  const n32 = pe.c64(32);
  const lowHalf = (x: Node): Node => pe.let(pe.and(x, mask));
  const highHalf = (x: Node): Node => pe.let(pe.shrU(x, n32));
  const [a0, a1, b0, b1] = [lowHalf(a), highHalf(a), lowHalf(b), highHalf(b)];
  const first = pe.let(pe.add(pe.mul(a1, b0), pe.shrU(pe.mul(a0, b0), n32)));
  const second = pe.let(pe.add(pe.mul(a0, b1), pe.and(first, mask)));
  const high = pe.add(pe.add(pe.mul(a1, b1), pe.shrU(first, n32)), pe.shrU(second, n32));
  return { high: pe.let(high), low: pe.let(pe.mul(a, b)) };
}

/** Shifts right by `amount` (i64, 0 or more); any one that is lost is kept in bit 0. */
export function shiftRightJamWide(pe: Builder, x: Wide, amount: Node): Wide {
  const high = pe.variable(x.high);
  const low = pe.variable(x.low);
  const sticky = (lost: Node): Node => pe.zeroExtend(pe.ne(lost, pe.c64(0)));
  pe.if(
    pe.geU(amount, pe.c64(128)),
    () => {
      low.set(sticky(pe.or(x.high, x.low)));
      high.set(pe.c64(0));
    },
    () => {
      pe.if(
        pe.geU(amount, pe.c64(64)),
        () => {
          const lost = pe.or(x.low, pe.shl(pe.shl(x.high, pe.sub(pe.c64(127), amount)), pe.c64(1)));
          low.set(pe.or(pe.shrU(x.high, amount), sticky(lost)));
          high.set(pe.c64(0));
        },
        () => {
          // Shifts by 64 - amount are done in two steps, since a shift by 64 would be one by 0.
          const back = pe.let(pe.sub(pe.c64(63), amount));
          const carried = pe.shl(pe.shl(x.high, back), pe.c64(1));
          const lost = pe.shl(pe.shl(x.low, back), pe.c64(1));
          low.set(pe.or(pe.or(pe.shrU(x.low, amount), carried), sticky(lost)));
          high.set(pe.shrU(x.high, amount));
        },
      );
    },
  );
  return { high: high.get(), low: low.get() };
}

export function addWide(pe: Builder, a: Wide, b: Wide): Wide {
  const low = pe.let(pe.add(a.low, b.low));
  return { low, high: pe.let(pe.add(pe.add(a.high, b.high), pe.zeroExtend(pe.ltU(low, a.low)))) };
}

export function subtractWide(pe: Builder, a: Wide, b: Wide): Wide {
  const borrow = pe.zeroExtend(pe.ltU(a.low, b.low));
  return { low: pe.let(pe.sub(a.low, b.low)), high: pe.let(pe.sub(pe.sub(a.high, b.high), borrow)) };
}

/** i32: a < b. */
export function lessWide(pe: Builder, a: Wide, b: Wide): Node {
  return pe.or(pe.ltU(a.high, b.high), pe.and(pe.eq(a.high, b.high), pe.ltU(a.low, b.low)));
}
