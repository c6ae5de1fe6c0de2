import type { Experiment } from "../experiment.js";
import { crossings } from "./crossings.js";

/** What `trapeze compare` runs, in its order. */
export const experiments: readonly Experiment[] = [crossings];
