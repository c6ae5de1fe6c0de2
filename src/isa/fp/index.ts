import type { Definition } from "../definition.js";
import { threeSource, twoSource } from "./scalar/arithmetic.js";
import { compares, conditionalCompares } from "./scalar/compare.js";
import { fixedPointConversions, integerConversions, precisionConversions } from "./scalar/convert.js";
import { generalRegisterMoves, immediates, moves, selects } from "./scalar/moves.js";
import { oneSource } from "./scalar/one-source.js";
import { floatUnimplemented } from "./unimplemented.js";
import { floatByElement } from "./vector/by-element.js";
import { complexNumbers } from "./vector/complex.js";
import { floatFixedPoint } from "./vector/fixed-point.js";
import { floatAcrossLanes, floatScalarPairwise } from "./vector/reductions.js";
import { floatThreeSame } from "./vector/three-same.js";
import { floatPrecisionConversions, floatTwoRegister } from "./vector/two-register.js";

/** Floating-point instructions on scalars and on vectors (C4.1, "Data Processing -- Scalar Floating-Point and Advanced SIMD"). */
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
  floatThreeSame,
  floatTwoRegister,
  floatPrecisionConversions,
  floatAcrossLanes,
  floatScalarPairwise,
  floatByElement,
  floatFixedPoint,
  complexNumbers,
  floatUnimplemented,
];
