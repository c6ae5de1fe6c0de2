import type { Definition } from "../definition.js";
import { addSubtractImmediate } from "./add-subtract.js";
import { addSubtractExtended, addSubtractShifted, addSubtractWithCarry } from "./add-subtract-register.js";
import { atomicMemoryOperations, compareAndSwap, orderedUnscaled } from "./atomic.js";
import { bitfield, extract } from "./bitfield.js";
import { compareAndBranch, conditionalBranch, testAndBranch, unconditionalBranch } from "./branch.js";
import { conditionalCompare, conditionalSelect } from "./conditional.js";
import { oneSource, threeSource, twoSource } from "./data-processing.js";
import { evaluateIntoFlags, rotateIntoFlags } from "./flags.js";
import { loadStoreExclusive, loadStoreOrdered } from "./load-store-exclusive.js";
import { loadLiteral, loadStoreNoAllocatePair, loadStorePair } from "./load-store-pair.js";
import { loadStoreRegister } from "./load-store-register.js";
import { logicalImmediate, logicalShifted } from "./logical.js";
import { moveWide } from "./move-wide.js";
import { pcRelative } from "./pc-relative.js";
import { pointerAuthentication } from "./pointer-authentication.js";

/** The A64 base instruction set, less system instructions. */
export const baseInstructions: readonly (readonly Definition[])[] = [
  pcRelative,
  addSubtractImmediate,
  logicalImmediate,
  moveWide,
  bitfield,
  extract,
  conditionalBranch,
  unconditionalBranch,
  compareAndBranch,
  testAndBranch,
  twoSource,
  oneSource,
  logicalShifted,
  addSubtractShifted,
  addSubtractExtended,
  addSubtractWithCarry,
  rotateIntoFlags,
  evaluateIntoFlags,
  conditionalCompare,
  conditionalSelect,
  threeSource,
  loadStoreExclusive,
  loadStoreOrdered,
  loadLiteral,
  loadStoreNoAllocatePair,
  loadStorePair,
  loadStoreRegister,
  compareAndSwap,
  atomicMemoryOperations,
  orderedUnscaled,
  pointerAuthentication,
];
