import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

/** What they run: guest/experiments/latency/calls-*.arguments. */
const classic = underNanovisor("calls-classic");
const guarded = underNanovisor("calls-guarded", { needs: "FEAT_VHE" });

/** Calls with right answers of the right length: what guest/experiments/latency/call.c notes. */
const row = (
  run: ExperimentRun,
  crossing: number,
  name: string,
  calls = 1000,
  published?: PublishedFigure,
): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds: calls,
  served: BigInt(calls),
  ...(published ? { published } : {}),
});

const l4re: PublishedFigure = {
  value: 2 * 691,
  unit: "cycles",
  on: "Cortex-A53 (S32G2) with L4Re",
  source: "l4re.org/performance: IPC to another address space, 691 cycles, there and back",
  profile: "cortex-a53",
};

export const callExperiment: Experiment = {
  name: "call",
  question: "A call to another process",
  about:
    "From the caller's call to its answer in the caller. Semaphores carry no bytes; a HypRPC has registers only: 8 bytes there and 8 back.",
  runs: [classic, guarded],
  groups: [
    {
      title: "No bytes",
      rows: [
        row(classic, 1, "semaphores, there and back"),
        row(classic, 2, "kernel message, 0 bytes", 1000, l4re),
        row(classic, 5, "HypRPC, classic, no bytes"),
        row(guarded, 8, "HypRPC, guarded, no bytes"),
      ],
    },
    {
      title: "64 bytes there and 64 back",
      rows: [
        row(classic, 3, "kernel message, 64 bytes"),
        row(classic, 6, "HypRPC, classic, 8 calls"),
        row(guarded, 9, "HypRPC, guarded, 8 calls"),
      ],
    },
    {
      title: "4096 bytes there and 4096 back",
      rows: [
        row(classic, 4, "kernel message, 4096 bytes"),
        row(classic, 7, "HypRPC, classic, 512 calls", 100),
        row(guarded, 10, "HypRPC, guarded, 512 calls", 100),
      ],
    },
  ],
};
