import type { Experiment } from "../experiment.js";
import { crossings } from "./crossings.js";
import { interruptsToClassicHyplet, interruptsToGuardedHyplet, interruptsToProcess } from "./interrupts.js";

/** What `trapeze compare` runs, in its order. */
export const experiments: readonly Experiment[] = [
  interruptsToProcess,
  interruptsToClassicHyplet,
  interruptsToGuardedHyplet,
  crossings,
];
