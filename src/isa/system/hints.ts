import type { EnvironmentName } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import { hex } from "../text.js";

/** Hint number (CRm:op2) as the 20 + 7 + 5 bits of its encoding. */
function encoding(number: number): string {
  return `11010101000000110010 ${number.toString(2).padStart(7, "0")} 11111`;
}

/** A hint that leaves for the machine, or does nothing. */
function hint(number: number, name: string, environment?: EnvironmentName, feature?: Feature): Definition {
  return define(name, encoding(number), {
    ...(feature === undefined ? {} : { feature, hint: true }),
    operands: () => ({}),
    execute: (pe) => {
      if (environment !== undefined) pe.environment(environment, pe.c32(0));
    },
    assembly: () => {
      const [mnemonic, operand] = name.toLowerCase().split(" ");
      return operand === undefined ? mnemonic! : `${mnemonic}\t${operand}`;
    },
  });
}

/** Hint numbers without a meaning, NOPs: given the seven bits of CRm:op2. */
function unallocated(name: string, pattern: string): Definition {
  return define(name, `11010101000000110010 ${pattern} 11111`, {
    operands: () => ({}),
    execute: () => {},
    assembly: (f) => {
      let number = 0;
      for (const token of pattern.split(" ")) {
        const [field, width] = token.split(":");
        number = width ? (number << Number(width)) | f[field!]! : (number << token.length) | Number.parseInt(token, 2);
      }
      return `hint\t#${hex(number)}`;
    },
  });
}

/** Hints but for those of pointer authentication (Arm ARM C4.1.66, "Hints"). */
export const hints = instructions("Hints", [
  hint(0, "NOP"),
  hint(1, "YIELD", "yield"),
  hint(2, "WFE", "wfe"),
  hint(3, "WFI", "wfi"),
  hint(4, "SEV", "sev"),
  hint(5, "SEVL", "sevl"),
  // DGH, which objdump doesn't name.
  unallocated("HINT (6)", "0000110"),
  hint(16, "ESB", "esb", "FEAT_RAS"),
  hint(17, "PSB CSYNC", undefined, "FEAT_SPE"),
  hint(18, "TSB CSYNC", undefined, "FEAT_TRF"),
  hint(20, "CSDB"),
  // Landing pads: the engine looks for them where a branch enters a guarded page.
  hint(32, "BTI", undefined, "FEAT_BTI"),
  hint(34, "BTI C", undefined, "FEAT_BTI"),
  hint(36, "BTI J", undefined, "FEAT_BTI"),
  hint(38, "BTI JC", undefined, "FEAT_BTI"),
  unallocated("HINT (9, 11, 13, 15)", "0001 m:2 1"),
  unallocated("HINT (19)", "0010011"),
  unallocated("HINT (21)", "0010101"),
  hint(22, "CLEARBHB", undefined, "FEAT_CLRBHB"),
  unallocated("HINT (23)", "0010111"),
  unallocated("HINT (33, 35, 37, 39)", "0100 m:2 1"),
  unallocated("HINT (40 to 47)", "0101 m:3"),
  unallocated("HINT (48 to 63)", "011 m:4"),
  unallocated("HINT (64 to 127)", "1 m:6"),
]);
