import type { Definition } from "../definition.js";

/** Cryptographic instructions. */
export const cryptoInstructions: readonly (readonly Definition[])[] = [];
