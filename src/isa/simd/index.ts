import type { Definition } from "../definition.js";
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
import { scalarThreeSameExtra, scalarThreeSameInstructions, threeSame, threeSameExtra } from "./three-same.js";

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
];
