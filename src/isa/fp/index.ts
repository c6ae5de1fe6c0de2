import type { Definition } from "../definition.js";
import { threeSource, twoSource } from "./scalar/arithmetic.js";
import { compares, conditionalCompares } from "./scalar/compare.js";
import { fixedPointConversions, integerConversions, precisionConversions } from "./scalar/convert.js";
import { generalRegisterMoves, immediates, moves, selects } from "./scalar/moves.js";
import { oneSource } from "./scalar/one-source.js";

/** Scalar floating-point instructions (C4.1, "Data Processing -- Scalar Floating-Point"). */
export const floatingPointInstructions: readonly (readonly Definition[])[] = [
  fixedPointConversions,
  integerConversions,
  generalRegisterMoves,
  moves,
  precisionConversions,
  oneSource,
  compares,
  immediates,
  conditionalCompares,
  twoSource,
  selects,
  threeSource,
];
