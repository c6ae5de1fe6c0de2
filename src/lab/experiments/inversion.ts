import type { Experiment, ExperimentRow, ExperimentRun } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const rounds = 20;
/** LAB_TIMELINE of guest/include/lab.h. */
const timeline = 1000;

/** What they run: guest/experiments/latency/inversion-*.arguments. */
const classic = underNanovisor("inversion-classic");
const guarded = underNanovisor("inversion-guarded", { needs: "FEAT_VHE" });

const row = (run: ExperimentRun, crossing: number, name: string): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds,
  served: BigInt(rounds),
});

/** Priorities, which guest/experiments/latency/inversion.c also calls the threads by. */
const threads = [
  { id: 5, name: "high" },
  { id: 4, name: "middle" },
  { id: 3, name: "low" },
];

export const inversionExperiment: Experiment = {
  name: "inversion",
  question: "Priority inversion",
  about: `A device interrupts while a low thread is in a critical section; a high thread waits for it and then wants in; a middle thread has 1 ms of other work. From the device's wire to the high thread in the section, ${rounds} interrupts a row with up to 80 us of work left in the section. The kernel's lock knows no priority inheritance; a HypRPC runs in EL2 to its end.`,
  runs: [classic, guarded],
  groups: [
    {
      title: "",
      rows: [
        row(classic, 1, "section behind a lock"),
        row(classic, 2, "section as HypRPC, classic"),
        row(guarded, 3, "section as HypRPC, guarded"),
      ],
    },
  ],
  varies: true,
  timelines: {
    threads,
    stretches: [
      { run: classic, title: "behind a lock", crossing: 1 + timeline, about: 1 },
      { run: classic, title: "as HypRPC, classic", crossing: 2 + timeline, about: 2 },
      { run: guarded, title: "as HypRPC, guarded", crossing: 3 + timeline, about: 3 },
    ],
  },
};
