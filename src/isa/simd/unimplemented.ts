import { type Definition, type Feature, instructions, unimplemented } from "../definition.js";
import type { Fields } from "../pattern.js";
import { vectorName } from "./text.js";

/** An encoding that isn't implemented, with its text. */
export function listed(
  name: string,
  pattern: string,
  feature: Feature,
  assembly: (f: Fields) => string,
  where?: (f: Fields) => boolean,
): Definition {
  return { ...unimplemented(name, pattern, feature, where), assembly };
}

/** Operands d, n, m, the elements of d having size `d`, those of n and m `nm`. */
function registers(f: Fields, d: number, nm: number, Q = f.Q!): string {
  return `${vectorName(d, Q, f.Rd!)}, ${vectorName(nm, Q, f.Rn!)}, ${vectorName(nm, Q, f.Rm!)}`;
}

function matrix(mnemonic: string, U: number, rest: string): Definition {
  return listed(
    mnemonic.toUpperCase(),
    `01 ${U} 01110 10 0 Rm 1 ${rest} 1 Rn Rd`,
    "FEAT_I8MM",
    (f) => `${mnemonic}\t${registers(f, 2, 0, 1)}`,
  );
}

/** Dot products by element: groups of four bytes or two halfwords. */
function dotByElement(mnemonic: string, size: string, feature: Feature, nm: number): Definition {
  return listed(
    `${mnemonic.toUpperCase()} (by element)`,
    `0 Q 001111 ${size} L M Rm:4 1111 H 0 Rn Rd`,
    feature,
    (f) => {
      const element = `v${(f.M! << 4) | f.Rm!}.${nm ? "2h" : "4b"}[${(f.H! << 1) | f.L!}]`;
      return `${mnemonic}\t${vectorName(2, f.Q!, f.Rd!)}, ${vectorName(nm, f.Q!, f.Rn!)}, ${element}`;
    },
  );
}

/** Advanced SIMD encodings of extensions that no core here has. */
export const simdUnimplemented = instructions("Advanced SIMD, not implemented", [
  matrix("smmla", 0, "0100"),
  matrix("ummla", 1, "0100"),
  matrix("usmmla", 0, "0101"),
  listed("USDOT (vector)", "0 Q 001110 10 0 Rm 1 0011 1 Rn Rd", "FEAT_I8MM", (f) => `usdot\t${registers(f, 2, 0)}`),
  dotByElement("usdot", "10", "FEAT_I8MM", 0),
  dotByElement("sudot", "00", "FEAT_I8MM", 0),
  listed("BFDOT (vector)", "0 Q 101110 01 0 Rm 1 1111 1 Rn Rd", "FEAT_BF16", (f) => `bfdot\t${registers(f, 2, 1)}`),
  dotByElement("bfdot", "01", "FEAT_BF16", 1),
  listed(
    "BFMLALB/BFMLALT (vector)",
    "0 Q 101110 11 0 Rm 1 1111 1 Rn Rd",
    "FEAT_BF16",
    (f) => `bfmlal${f.Q ? "t" : "b"}\tv${f.Rd}.4s, v${f.Rn}.8h, v${f.Rm}.8h`,
  ),
  listed("BFMLALB/BFMLALT (by element)", "0 Q 001111 11 L M Rm:4 1111 H 0 Rn Rd", "FEAT_BF16", (f) => {
    const index = (f.H! << 2) | (f.L! << 1) | f.M!;
    return `bfmlal${f.Q ? "t" : "b"}\tv${f.Rd}.4s, v${f.Rn}.8h, v${f.Rm}.h[${index}]`;
  }),
  listed(
    "BFMMLA",
    "01101110 01 0 Rm 1 1101 1 Rn Rd",
    "FEAT_BF16",
    (f) => `bfmmla\tv${f.Rd}.4s, v${f.Rn}.8h, v${f.Rm}.8h`,
  ),
  listed(
    "BFCVTN/BFCVTN2",
    "0 Q 001110 10 10000 10110 10 Rn Rd",
    "FEAT_BF16",
    (f) => `bfcvtn${f.Q ? "2" : ""}\t${vectorName(1, f.Q!, f.Rd!)}, v${f.Rn}.4s`,
  ),
]);
