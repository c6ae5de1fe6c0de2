import { type CoreFacts, CoreModule, coreModuleName, makeCoreModule, neverHot } from "../interpreter/core-module.js";
import { hotWords } from "../interpreter/hot-words.js";
import { warmWords } from "../interpreter/warm-words.js";
import { a64, observedA64 } from "../isa/a64.js";
import type { InstructionTable } from "../isa/table.js";
import type { KeptModules } from "../ports/index.js";
import type { Core } from "./cores/core.js";

/** Arrivals by branch that make code worth compiling. */
export const hotArrivals = 8000;

/** The facts of a machine's core module. `fused`: see RoutineLibrary. */
export function coreFacts(core: Core, options: { jit: boolean; observed: boolean; fused: boolean }): CoreFacts {
  const { jit, observed, fused } = options;
  return { features: core.features, hotThreshold: jit ? hotArrivals : neverHot, observed, fused };
}

/** The instructions of a core module. */
export function instructionsOf({ observed }: CoreFacts): InstructionTable {
  return observed ? observedA64() : a64();
}

/** The core module for these facts: a kept one, or a new one, for which the instructions that it handles are recorded. */
export function coreModule(facts: CoreFacts, kept?: KeptModules): CoreModule {
  const bytes = kept?.(coreModuleName(facts));
  const module = bytes && CoreModule.compile(bytes);
  if (module?.fits(facts)) return module;
  return CoreModule.compile(makeCoreModule({ ...facts, table: instructionsOf(facts), hotWords }));
}

/**
 * A module to be kept: in it, all that boots use has functions. One that is made at the start has not, as making them takes
 * longer than all the rest.
 */
export function moduleToKeep(facts: CoreFacts): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  const table = instructionsOf(facts);
  return { name: coreModuleName(facts), bytes: makeCoreModule({ ...facts, table, hotWords, warmWords }) };
}
