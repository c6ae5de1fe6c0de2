import { type Builder, type Node, routine } from "../../ir/index.js";

/** Applies `estimate` to each word of `v`. */
function perWord(pe: Builder, v: Node, estimate: (word: Node) => Node): Node {
  let result = v;
  for (let i = 0; i < 4; i++) {
    const word = pe.let(pe.lane("i32x4.extract_lane", i, v));
    result = pe.let(pe.lane("i32x4.replace_lane", i, result, estimate(word)));
  }
  return result;
}

/** Bits 31 to 23 as a number. */
function leadingBits(pe: Builder, word: Node): Node {
  return pe.let(pe.shrU(word, pe.c32(23)));
}

/** URECPE: shared pseudocode function UnsignedRecipEstimate, on four words. */
export const reciprocalEstimate = routine("UnsignedRecipEstimate", ["v128"], "v128", (pe, v) => {
  pe.return(
    perWord(pe, v!, (word) => {
      const a = pe.add(pe.shl(leadingBits(pe, word), pe.c32(1)), pe.c32(1));
      const b = pe.op("i32.div_u", pe.c32(1 << 19), a);
      const estimate = pe.shrU(pe.add(b, pe.c32(1)), pe.c32(1));
      return pe.select(pe.ltS(word, pe.c32(0)), pe.shl(estimate, pe.c32(23)), pe.c32(-1));
    }),
  );
});

/**
 * URSQRTE: shared pseudocode function UnsignedRSqrtEstimate. It looks for the largest b with a * b * b < 2^28, which is
 * the square root of 2^28 / a rounded down, or one less where that is exact.
 */
export const reciprocalSquareRootEstimate = routine("UnsignedRSqrtEstimate", ["v128"], "v128", (pe, v) => {
  pe.return(
    perWord(pe, v!, (word) => {
      const leading = leadingBits(pe, word);
      const small = pe.add(pe.shl(leading, pe.c32(1)), pe.c32(1));
      const large = pe.shl(pe.add(pe.and(leading, pe.c32(~1)), pe.c32(1)), pe.c32(1));
      const a = pe.let(pe.select(pe.ltU(leading, pe.c32(256)), small, large));
      const quotient = pe.op("f64.div", pe.op("f64.convert_i32_u", pe.c32(1 << 28)), pe.op("f64.convert_i32_u", a));
      const root = pe.let(pe.op("i32.trunc_sat_f64_u", pe.op("f64.sqrt", quotient)));
      const exact = pe.eq(pe.mul(a, pe.mul(root, root)), pe.c32(1 << 28));
      const b = pe.sub(root, exact);
      const estimate = pe.shrU(pe.add(b, pe.c32(1)), pe.c32(1));
      return pe.select(pe.ltU(word, pe.c32(1 << 30)), pe.c32(-1), pe.shl(estimate, pe.c32(23)));
    }),
  );
});
