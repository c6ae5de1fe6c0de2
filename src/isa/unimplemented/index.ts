import type { Definition } from "../definition.js";
import { baseExtensions } from "./base-extensions.js";
import { memoryTagging } from "./memory-tagging.js";
import { scalableMatrix } from "./scalable-matrix.js";
import { scalableVector } from "./scalable-vector.js";

/** Encodings that are known and not implemented, so that what meets one can say what it is. */
export const unimplementedInstructions: readonly (readonly Definition[])[] = [
  baseExtensions,
  memoryTagging,
  scalableVector,
  scalableMatrix,
];
