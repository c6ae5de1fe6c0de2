import { setFlagsFromString } from "node:v8";

/**
 * Finished WebAssembly features that V8 11.3, which Node 20 has, keeps behind flags; later versions have them by default. The
 * engine looks for them and does without where they are missing.
 */
const flagsOfV8 = { "11.3": ["experimental-wasm-relaxed-simd", "experimental-wasm-branch-hinting"] } as const;

/** Turns on what makes machines faster; before the first one is made. */
export function enableHostFeatures(): void {
  for (const flag of flags()) setFlagsFromString(`--${flag}`);
}

/** Turns it off again: V8 takes a code cache only under the flags that it was made under, and one is loaded before they are on. */
export function disableHostFeatures(): void {
  for (const flag of flags()) setFlagsFromString(`--no-${flag}`);
}

function flags(): readonly string[] {
  const version = process.versions.v8.split(".").slice(0, 2).join(".");
  return Object.hasOwn(flagsOfV8, version) ? flagsOfV8[version as keyof typeof flagsOfV8] : [];
}
