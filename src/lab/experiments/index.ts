import type { Experiment } from "../experiment.js";
import { callsClassic, callsGuarded } from "./calls.js";
import { crossings } from "./crossings.js";
import { interruptsToClassicHyplet, interruptsToGuardedHyplet, interruptsToProcess } from "./interrupts.js";
import { timersClassic, timersGuarded } from "./timers.js";

/** What `trapeze compare` runs, in its order. */
export const experiments: readonly Experiment[] = [
  interruptsToProcess,
  interruptsToClassicHyplet,
  interruptsToGuardedHyplet,
  timersClassic,
  timersGuarded,
  callsClassic,
  callsGuarded,
  crossings,
];
