import { type Definition, type Feature, instructions, unimplemented } from "../definition.js";

/**
 * The classes of "SVE encodings" (Arm ARM C4.1): bits 31..29, 24..23, 21..16 and 15..10 (bit 22 doesn't tell classes
 * apart), with the feature that brought most of each. A class isn't taken further apart, so words in it that Arm left
 * unallocated are listed with it.
 */
const classes: readonly (readonly [name: string, feature: Feature, bits: string])[] = [
  ["integer binary arithmetic, predicated", "FEAT_SVE", "000 0x 0xxxxx 000xxx"],
  ["integer reduction", "FEAT_SVE", "000 0x 0xxxxx 001xxx"],
  ["integer multiply-add, predicated", "FEAT_SVE", "000 0x 0xxxxx x1xxxx"],
  ["bitwise shift, predicated", "FEAT_SVE", "000 0x 0xxxxx 100xxx"],
  ["integer unary arithmetic, predicated", "FEAT_SVE", "000 0x 0xxxxx 101xxx"],
  ["integer add/subtract, unpredicated", "FEAT_SVE", "000 0x 1xxxxx 000xxx"],
  ["bitwise logical, unpredicated", "FEAT_SVE", "000 0x 1xxxxx 001xxx"],
  ["index generation", "FEAT_SVE", "000 0x 1xxxxx 0100xx"],
  ["stack allocation", "FEAT_SVE", "000 0x 1xxxxx 0101xx"],
  ["integer multiply, unpredicated", "FEAT_SVE2", "000 0x 1xxxxx 011xxx"],
  ["bitwise shift, unpredicated", "FEAT_SVE", "000 0x 1xxxxx 100xxx"],
  ["address generation", "FEAT_SVE", "000 0x 1xxxxx 1010xx"],
  ["integer miscellaneous, unpredicated", "FEAT_SVE", "000 0x 1xxxxx 1011xx"],
  ["element count", "FEAT_SVE", "000 0x 1xxxxx 11xxxx"],
  ["bitwise immediate", "FEAT_SVE", "000 1x 00xxxx xxxxxx"],
  ["integer wide immediate, predicated", "FEAT_SVE", "000 1x 01xxxx xxxxxx"],
  ["permute vector, unpredicated", "FEAT_SVE", "000 1x 1xxxxx 00xxxx"],
  ["permute predicate, and interleave", "FEAT_SVE", "000 1x 1xxxxx 01xxxx"],
  ["permute vector, predicated, and select", "FEAT_SVE", "000 1x 1xxxxx 1xxxxx"],
  ["integer compare vectors", "FEAT_SVE", "001 0x 0xxxxx xxxxxx"],
  ["integer compare with unsigned immediate", "FEAT_SVE", "001 0x 1xxxxx xxxxxx"],
  ["integer compare with signed immediate", "FEAT_SVE", "001 1x 0xxxxx x0xxxx"],
  ["predicate logical and break", "FEAT_SVE", "001 1x 0xxxxx x1xxxx"],
  ["integer compare scalars", "FEAT_SVE", "001 1x 1xxxxx 00xxxx"],
  ["predicate select", "FEAT_SME", "001 1x 1xxxxx 01xxxx"],
  ["predicate count, first fault register", "FEAT_SVE", "001 1x 1xxxxx 10xxxx"],
  ["integer wide immediate, unpredicated", "FEAT_SVE", "001 1x 1xxxxx 11xxxx"],
  ["integer multiply-add, unpredicated", "FEAT_SVE2", "010 0x 0xxxxx 0xxxxx"],
  ["integer, predicated", "FEAT_SVE2", "010 0x 0xxxxx 10xxxx"],
  ["clamp, and multiply-add long", "FEAT_SVE2", "010 0x 0xxxxx 11xxxx"],
  ["multiply, indexed", "FEAT_SVE2", "010 0x 1xxxxx xxxxxx"],
  ["widening integer arithmetic", "FEAT_SVE2", "010 1x 0xxxxx 0xxxxx"],
  ["miscellaneous", "FEAT_SVE2", "010 1x 0xxxxx 10xxxx"],
  ["accumulate", "FEAT_SVE2", "010 1x 0xxxxx 11xxxx"],
  ["narrowing", "FEAT_SVE2", "010 1x 1xxxxx 0xxxxx"],
  ["character match, histogram and ciphers", "FEAT_SVE2", "010 1x 1xxxxx 1xxxxx"],
  ["floating-point complex, convert and multiply-add by element", "FEAT_SVE", "011 0x xxxxxx xxxxxx"],
  ["floating-point", "FEAT_SVE", "011 1x xxxxxx xxxxxx"],
  ["32-bit gather and broadcast loads", "FEAT_SVE", "100 xx xxxxxx xxxxxx"],
  ["contiguous loads", "FEAT_SVE", "101 xx xxxxxx xxxxxx"],
  ["64-bit gather loads", "FEAT_SVE", "110 xx xxxxxx xxxxxx"],
  ["scatter and contiguous stores", "FEAT_SVE", "111 xx xxxxxx xxxxxx"],
];

function sve(name: string, feature: Feature, bits: string): Definition {
  const [op0, op1, op2, op3] = bits.split(" ") as [string, string, string, string];
  return unimplemented(`SVE ${name}`, `${op0} 0010 ${op1} x ${op2} ${op3} xxxxxxxxxx`, feature);
}

export const scalableVector = instructions(
  "SVE",
  classes.map(([name, feature, bits]) => sve(name, feature, bits)),
);
