import { setFlagsFromString } from "node:v8";

/**
 * Finished WebAssembly features that V8 11.3, which Node 20 has, keeps behind flags; later versions have them by default. The
 * engine looks for them and does without where they are missing.
 *
 * And no stack checks in WebAssembly: they cost a load and a comparison in every round of a loop, and a register. The engine's
 * code nests at most `callDepthLimit` calls deep (jit/region-lowering.ts), and comes back to JavaScript, where V8 looks for
 * what else it uses such checks for, every few hundred thousand instructions.
 */
const flagsOfV8: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  "11.3": {
    "experimental-wasm-relaxed-simd": true,
    "experimental-wasm-branch-hinting": true,
    "wasm-stack-checks": false,
  },
};

/** Turns on what makes machines faster; before the first one is made. */
export function enableHostFeatures(): void {
  for (const [flag, on] of flags()) setFlag(flag, on);
}

/** Turns it off again: V8 takes a code cache only under the flags that it was made under, and one is loaded before they are on. */
export function disableHostFeatures(): void {
  for (const [flag, on] of flags()) setFlag(flag, !on);
}

function setFlag(flag: string, on: boolean): void {
  setFlagsFromString(on ? `--${flag}` : `--no-${flag}`);
}

function flags(): readonly [string, boolean][] {
  const version = process.versions.v8.split(".").slice(0, 2).join(".");
  return Object.entries(flagsOfV8[version] ?? {});
}
