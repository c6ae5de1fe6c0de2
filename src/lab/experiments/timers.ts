import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const times = 1000;

/** What they run: guest/experiments/latency/timers-*.arguments. */
const classic = underNanovisor("timers-classic");
const guarded = underNanovisor("timers-guarded", { needs: "FEAT_VHE" });

const row = (run: ExperimentRun, crossing: number, name: string, published?: PublishedFigure): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds: times,
  served: BigInt(times),
  ...(published ? { published } : {}),
});

const hypletTimer: PublishedFigure = {
  value: 1000,
  unit: "ns",
  below: true,
  of: "mean",
  on: "Raspberry Pi 3",
  source: "Ben Yehuda, Hyplets RFC: hyplet timer, on the average",
  profile: "cortex-a53",
};

export const timerExperiment: Experiment = {
  name: "timer",
  question: "A timer reaches user code",
  about: `From the timer's wire to the first instruction of the user's handler, ${times} times a row.`,
  runs: [classic, guarded],
  groups: [
    {
      title: "The system is idle",
      rows: [
        row(classic, 1, "process that sleeps, idle"),
        row(classic, 3, "hyplet timer, classic, idle", hypletTimer),
        row(guarded, 5, "hyplet timer, guarded, idle"),
      ],
    },
    {
      title: "8 processes are busy",
      rows: [
        row(classic, 2, "process that sleeps, busy"),
        row(classic, 4, "hyplet timer, classic, busy"),
        row(guarded, 6, "hyplet timer, guarded, busy"),
      ],
    },
  ],
  varies: true,
};
