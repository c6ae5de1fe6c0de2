import type { Experiment, ExperimentRow } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const times = 1000;

const row = (crossing: number, name: string, published?: ExperimentRow["published"]): ExperimentRow => ({
  crossing,
  name,
  rounds: times,
  served: BigInt(times),
  ...(published ? { published } : {}),
});

/** guest/experiments/latency/timer.c */
export const timersClassic: Experiment = {
  name: "timer",
  question: "A timer reaches user code: under the nanovisor",
  ...underNanovisor("timers-classic"),
  rows: [
    row(1, "process, idle"),
    row(2, "process, busy"),
    row(3, "hyplet timer, classic, idle", {
      value: 1000,
      unit: "ns",
      below: true,
      on: "Raspberry Pi 3",
      source: "Ben Yehuda, Hyplets: a hyplet's timer, on the average",
      profile: "cortex-a53",
    }),
    row(4, "hyplet timer, classic, busy"),
  ],
};

export const timersGuarded: Experiment = {
  name: "timer-guarded",
  question: "A timer reaches user code: under the nanovisor with VHE",
  ...underNanovisor("timers-guarded"),
  cpu: "max",
  rows: [row(5, "hyplet timer, guarded, idle"), row(6, "hyplet timer, guarded, busy")],
};
