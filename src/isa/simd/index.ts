import type { Definition } from "../definition.js";
import { acrossLanes } from "./across-lanes.js";
import { scalarByElement, vectorByElement } from "./by-element.js";
import { copy, scalarCopy } from "./copy.js";
import { loadStorePair } from "./load-store-pair.js";
import {
  loadLiteral,
  loadStoreIndexed,
  loadStoreRegisterOffset,
  loadStoreUnscaledImmediate,
  loadStoreUnsignedImmediate,
} from "./load-store-register.js";
import { loadStoreMultipleStructures, loadStoreSingleStructure } from "./load-store-structures.js";
import { modifiedImmediateInstructions } from "./modified-immediate.js";
import { extract, permute, tableLookup } from "./permute.js";
import { scalarShiftByImmediate, shiftByImmediate } from "./shift-immediate.js";
import { scalarThreeDifferent, threeDifferent } from "./three-different.js";
import { scalarThreeSameExtra, scalarThreeSameInstructions, threeSame, threeSameExtra } from "./three-same.js";
import { scalarPairwise, scalarTwoRegisterMiscellaneous, twoRegisterMiscellaneous } from "./two-register.js";
import { simdUnimplemented } from "./unimplemented.js";

/** Advanced SIMD but for floating-point arithmetic, with the loads and stores of SIMD&FP registers. */
export const simdInstructions: readonly (readonly Definition[])[] = [
  loadStoreMultipleStructures,
  loadStoreSingleStructure,
  loadLiteral,
  loadStorePair,
  loadStoreUnscaledImmediate,
  loadStoreIndexed,
  loadStoreRegisterOffset,
  loadStoreUnsignedImmediate,
  modifiedImmediateInstructions,
  copy,
  scalarCopy,
  permute,
  extract,
  tableLookup,
  threeSame,
  scalarThreeSameInstructions,
  threeSameExtra,
  scalarThreeSameExtra,
  twoRegisterMiscellaneous,
  scalarTwoRegisterMiscellaneous,
  acrossLanes,
  scalarPairwise,
  threeDifferent,
  scalarThreeDifferent,
  vectorByElement,
  scalarByElement,
  shiftByImmediate,
  scalarShiftByImmediate,
  simdUnimplemented,
];
