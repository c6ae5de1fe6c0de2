import { type Definition, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { listed } from "../simd/unimplemented.js";

/** "v0.4s, v1.4h": the registers of a half to single precision product. */
function longRegisters(f: Fields): string {
  const lanes = f.Q ? 4 : 2;
  return `v${f.Rd}.${lanes}s, v${f.Rn}.${lanes}h`;
}

function longProducts(upper: 0 | 1): Definition[] {
  const text = (f: Fields): string => `fml${f.S ? "s" : "a"}l${upper ? "2" : ""}\t${longRegisters(f)}`;
  const name = upper ? "FMLAL2/FMLSL2" : "FMLAL/FMLSL";
  const vectorOpcode = upper ? "11001" : "11101";
  return [
    listed(`${name} (vector)`, `0 Q ${upper} 01110 S 0 1 Rm ${vectorOpcode} 1 Rn Rd`, "FEAT_FHM", (f) => {
      return `${text(f)}, v${f.Rm}.${f.Q ? 4 : 2}h`;
    }),
    listed(
      `${name} (by element)`,
      `0 Q ${upper} 01111 10 L M Rm:4 ${upper} S 00 H 0 Rn Rd`,
      "FEAT_FHM",
      (f) => `${text(f)}, v${f.Rm}.h[${f.H! * 4 + f.L! * 2 + f.M!}]`,
    ),
  ];
}

/** Floating-point encodings of extensions that no core here has. */
export const floatUnimplemented = instructions("Floating-point, not implemented", [
  ...longProducts(0),
  ...longProducts(1),
  listed("BFCVT", "000 11110 01 1 000110 10000 Rn Rd", "FEAT_BF16", (f) => `bfcvt\th${f.Rd}, s${f.Rn}`),
]);
