import { readFileSync } from "node:fs";
import type { KeptModules } from "../../ports/index.js";

declare global {
  interface ImportMeta {
    /** Which bundle this code is in, a hash of it; see scripts/bundle.js. */
    readonly bundle?: string;
  }
}

/** Core modules that were made with the bundle that this code is in, beside it. */
export const coreModules: KeptModules = (name) => {
  if (import.meta.bundle === undefined) return undefined;
  try {
    return new Uint8Array(readFileSync(new URL(`${import.meta.bundle}/${name}.wasm`, import.meta.url)));
  } catch {
    // Slower, not wrong.
    return undefined;
  }
};
