import type { Experiment } from "../experiment.js";
import { callExperiment } from "./calls.js";
import { crossingExperiment } from "./crossings.js";
import { interruptExperiment } from "./interrupts.js";
import { inversionExperiment } from "./inversion.js";
import { requestExperiment } from "./requests.js";
import { timerExperiment } from "./timers.js";

/** What `trapeze compare` runs, in its order. */
export const experiments: readonly Experiment[] = [
  interruptExperiment,
  timerExperiment,
  callExperiment,
  requestExperiment,
  inversionExperiment,
  crossingExperiment,
];
