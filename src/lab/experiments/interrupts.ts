import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const interrupts = 1000;

/** The kernel alone on the board. */
const board: ExperimentRun = {
  name: "interrupts-board",
  where: "the kernel on the board",
  image: "kernel.image",
  initrd: "latency.bundle",
  machine: { commandLine: `init=run interrupt 1 ${interrupts}; interrupt 3 ${interrupts} busy 8` },
  limit: 1_000_000_000,
};

/** The kernel as the nanovisor's guest. Their command lines are in the bundles. */
const classic = underNanovisor("hyplets-classic");
const guarded = underNanovisor("hyplets-guarded", { needs: "FEAT_VHE" });

const row = (run: ExperimentRun, crossing: number, name: string, published?: PublishedFigure): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds: interrupts,
  served: BigInt(interrupts),
  ...(published ? { published } : {}),
});

/** Generation 2 is what ran on the Raspberry Pi 3, whose interrupts don't go to EL2. */
const hyplet: PublishedFigure = {
  value: 2500,
  unit: "ns",
  on: "Raspberry Pi 3 with Linux",
  source: "Ben Yehuda, Hyplets RFC: hardware interrupt to user hyplet",
  profile: "cortex-a53",
};

const preemptRt: PublishedFigure = {
  value: 160_000,
  unit: "ns",
  below: true,
  of: "maximum",
  on: "Raspberry Pi boards with Linux PREEMPT_RT",
  source: "Adam, Computers 2021, 10(5) 64: upper bound of user-level response",
};

/** Numbers of crossings: guest/experiments/latency/*.arguments; interrupt.c gives the way to the kernel's handler the next one. */
const rows = (load: "idle" | "busy", at: number): ExperimentRow[] => [
  row(board, 1 + at, `process, kernel on the board, ${load}`, load === "busy" ? preemptRt : undefined),
  row(classic, 1 + at, `process, under the nanovisor, ${load}`),
  row(classic, 5 + at, `hyplet generation 1, classic, ${load}`),
  row(classic, 9 + at, `hyplet generation 2, classic, ${load}`, load === "idle" ? hyplet : undefined),
  row(guarded, 5 + at, `hyplet generation 1, guarded, ${load}`),
  row(guarded, 9 + at, `hyplet generation 2, guarded, ${load}`),
];

const handlers = (load: "idle" | "busy", at: number): ExperimentRow[] => [
  row(board, 2 + at, `on the board, ${load}`),
  row(classic, 2 + at, `under the nanovisor, ${load}`),
  row(classic, 6 + at, `after hyplet generation 1, classic, ${load}`),
  row(classic, 10 + at, `after hyplet generation 2, classic, ${load}`),
  row(guarded, 6 + at, `after hyplet generation 1, guarded, ${load}`),
  row(guarded, 10 + at, `after hyplet generation 2, guarded, ${load}`),
];

export const interruptExperiment: Experiment = {
  name: "interrupt",
  question: "A device interrupt reaches user code",
  about: `From the device's wire to the first instruction of the user's handler, ${interrupts} interrupts a row at random times. Idle: the PE waits in WFI. Busy: 8 processes of lower priority compute and call the kernel, which masks interrupts while it serves them.`,
  runs: [board, classic, guarded],
  groups: [
    { title: "To a user's handler; the system is idle", rows: rows("idle", 0) },
    { title: "To a user's handler; 8 processes are busy", rows: rows("busy", 2) },
    {
      title: "To the kernel's own handler, which generation 1 delays by the hyplet",
      rows: [...handlers("idle", 0), ...handlers("busy", 2)],
    },
  ],
  varies: true,
};
