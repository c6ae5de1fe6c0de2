import { describe, expect, test } from "vitest";
import { inverseSubstitution, type SubstitutionTables, substitution } from "./aes-tables.js";
import { affine, inverse } from "./galois-field.js";

/** i8x16.swizzle of one byte. */
function lookUp(table: readonly number[], index: number): number {
  return table[index] ?? 0;
}

function substitute(t: SubstitutionTables, x: number): number {
  const ik = lookUp(t.inputLow, x & 15) ^ lookUp(t.inputHigh, x >> 4);
  const [i, k] = [ik >> 4, ik & 15];
  const j = i ^ k;
  const ratio = lookUp(t.ratio, k);
  const u = lookUp(t.inverse, lookUp(t.inverse, i) ^ ratio) ^ j;
  const v = lookUp(t.inverse, lookUp(t.inverse, j) ^ ratio) ^ i;
  return lookUp(t.outputU, u) ^ lookUp(t.outputV, v) ^ t.offset;
}

describe("AES substitution tables", () => {
  test("give FIPS 197's S-box for every byte", () => {
    const forward = substitution();
    for (let x = 0; x < 256; x++) expect(substitute(forward, x)).toBe(affine(inverse(x)) ^ 0x63);
    // FIPS 197, figure 7.
    expect([0x00, 0x53, 0xff].map((x) => substitute(forward, x))).toEqual([0x63, 0xed, 0x16]);
  });

  test("the inverse ones undo it", () => {
    const forward = substitution();
    const backward = inverseSubstitution();
    for (let x = 0; x < 256; x++) expect(substitute(backward, substitute(forward, x))).toBe(x);
  });
});
