import type { Experiment, ExperimentRow } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const interrupts = 1000;
const question = "A device interrupt reaches user code";

/** Two rows: guest/experiments/latency/interrupt.c gives the way to the kernel's handler the next number. */
const rows = (
  crossing: number,
  handler: string,
  load: "idle" | "busy",
  published?: ExperimentRow["published"],
): ExperimentRow[] => {
  const served = { rounds: interrupts, served: BigInt(interrupts) };
  return [
    { crossing, name: `${handler}, ${load}`, ...served, ...(published ? { published } : {}) },
    {
      crossing: crossing + 1,
      name: `${handler === "process" ? "kernel handler" : `kernel handler after ${handler}`}, ${load}`,
      ...served,
    },
  ];
};

const hyplets = (mode: string, published?: ExperimentRow["published"]): ExperimentRow[] => [
  ...rows(5, `hyplet generation 1, ${mode}`, "idle", published),
  ...rows(7, `hyplet generation 1, ${mode}`, "busy"),
  ...rows(9, `hyplet generation 2, ${mode}`, "idle"),
  ...rows(11, `hyplet generation 2, ${mode}`, "busy"),
];

/** The kernel alone on the board. */
export const interruptsToProcess: Experiment = {
  name: "interrupt",
  question: `${question}: the kernel on the board`,
  image: "kernel.image",
  initrd: "latency.bundle",
  machine: { commandLine: `init=run interrupt 1 ${interrupts}; interrupt 3 ${interrupts} busy 8` },
  limit: 1_000_000_000,
  rows: [...rows(1, "process", "idle"), ...rows(3, "process", "busy")],
};

/** The kernel as the nanovisor's guest; hyplets in EL2's own regime. The command line is in the bundle. */
export const interruptsToClassicHyplet: Experiment = {
  name: "interrupt-hyplet",
  question: `${question}: under the nanovisor`,
  ...underNanovisor("hyplets-classic"),
  rows: [
    ...rows(1, "process", "idle"),
    ...rows(3, "process", "busy"),
    ...hyplets("classic", {
      value: 2500,
      unit: "ns",
      on: "Raspberry Pi 3",
      source: "Ben Yehuda, Hyplets: a hardware interrupt to a user's hyplet",
      profile: "cortex-a53",
    }),
  ],
};

/** Hyplets at EL0 of the EL2&0 regime, which needs VHE. */
export const interruptsToGuardedHyplet: Experiment = {
  name: "interrupt-guarded",
  question: `${question}: under the nanovisor with VHE`,
  ...underNanovisor("hyplets-guarded"),
  cpu: "max",
  rows: hyplets("guarded"),
};
