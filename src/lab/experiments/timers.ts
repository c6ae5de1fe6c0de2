import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const times = 1000;
const offletTimes = 500;

/** What they run: guest/experiments/latency/timers-*.arguments and offlet-*.arguments. */
const classic = underNanovisor("timers-classic");
const guarded = underNanovisor("timers-guarded", { needs: "FEAT_VHE" });
const classicOfflet = underNanovisor("offlet-classic", { processors: 2 });
const guardedOfflet = underNanovisor("offlet-guarded", { processors: 2, needs: "FEAT_VHE" });

const row = (run: ExperimentRun, crossing: number, name: string, published?: PublishedFigure): ExperimentRow => {
  const rounds = run.machine.processors === 2 ? offletTimes : times;
  return { run, crossing, name, rounds, served: BigInt(rounds), ...(published ? { published } : {}) };
};

const hypletTimer: PublishedFigure = {
  value: 1000,
  unit: "ns",
  below: true,
  of: "mean",
  on: "Raspberry Pi 3",
  source: "Ben Yehuda, Hyplets RFC: hyplet timer, on the average",
  profile: "cortex-a53",
};

/** At 20 kHz; "a few hundred ns" is taken as less than 1 us. */
const offletJitter: PublishedFigure = {
  value: 1000,
  unit: "ns",
  below: true,
  of: "jitter",
  on: "an offline nanovisor's timer at 20 kHz",
  source: "Ben Yehuda, IJES 15(4), 2022, abstract: a few hundred ns",
  profile: "cortex-a53",
};

export const timerExperiment: Experiment = {
  name: "timer",
  question: "A timer reaches user code",
  about: `From the timer's wire to the first instruction of the user's handler, ${times} times a row (offlets: ${offletTimes}) at random intervals. An offlet has a PE of its own, taken from the kernel, and looks at the counter until the time has come: the crossing begins with the wire of another PE's timer, set for the same time.`,
  runs: [classic, guarded, classicOfflet, guardedOfflet],
  groups: [
    {
      title: "The system is idle",
      rows: [
        row(classic, 1, "process that sleeps, idle"),
        row(classic, 3, "hyplet timer, classic, idle", hypletTimer),
        row(classicOfflet, 7, "offlet, classic, idle", offletJitter),
        row(guarded, 5, "hyplet timer, guarded, idle"),
        row(guardedOfflet, 9, "offlet, guarded, idle"),
      ],
    },
    {
      title: "8 processes of lower priority compute and call the kernel",
      rows: [
        row(classic, 2, "process that sleeps, busy"),
        row(classic, 4, "hyplet timer, classic, busy"),
        row(classicOfflet, 8, "offlet, classic, busy"),
        row(guarded, 6, "hyplet timer, guarded, busy"),
        row(guardedOfflet, 10, "offlet, guarded, busy"),
      ],
    },
  ],
  varies: true,
};
