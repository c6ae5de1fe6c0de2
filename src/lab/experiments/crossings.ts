import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure } from "../experiment.js";

const rounds = 200;

const run: ExperimentRun = {
  name: "crossings",
  where: "bare metal from EL3 to EL0",
  image: "crossings.elf",
  machine: { memory: 256 * 2 ** 20, virtualization: true, secure: true },
  limit: 20_000_000,
};

/** Numbers of crossings as in guest/experiments/crossings/crossings.h. */
const row = (crossing: number, name: string, published?: PublishedFigure): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds,
  served: BigInt(rounds),
  ...(published ? { published } : {}),
});

const xGene = "X-Gene 2.4 GHz";

export const crossingExperiment: Experiment = {
  name: "crossings",
  question: "The plain crossings",
  about: `Handlers as short as can be, on bare metal: the least that every design pays; ${rounds} a row.`,
  runs: [run],
  groups: [
    {
      title: "To a higher level and back",
      rows: [
        row(1, "SVC"),
        row(2, "SVC, registers saved", {
          value: 230,
          unit: "cycles",
          on: "Cortex-A53 (S32G2) with L4Re",
          source: "l4re.org/performance: system call, kernel at EL1",
          profile: "cortex-a53",
        }),
        row(3, "HVC", {
          value: 68 + 65,
          unit: "cycles",
          on: xGene,
          source: "NEVE, SOSP 2017, section 5: entry and return; the profiles' costs come from it",
        }),
        row(4, "HVC, registers saved", {
          value: 376,
          unit: "cycles",
          on: xGene,
          source: "Dall et al., ISCA 2016, table 2: Xen's hypercall (unconfirmed)",
        }),
        row(5, "SMC", {
          value: 560,
          unit: "cycles",
          on: "Cortex-A57 (Juno)",
          source:
            "Trusted Firmware-A 2017, psci-performance-juno: PSCI_VERSION 470 to 650 cycles with a whole firmware",
        }),
        row(6, "trapped register"),
      ],
    },
    {
      title: "From one context to another",
      rows: [
        row(7, "TTBR0_EL1 write and ISB", {
          value: 58,
          unit: "cycles",
          on: "HiKey 960",
          source: "XPC, ISCA 2019 (unconfirmed); the profiles' costs come from it",
        }),
        row(8, "switch of context"),
        row(9, "switch of context with FP"),
      ],
    },
  ],
};
