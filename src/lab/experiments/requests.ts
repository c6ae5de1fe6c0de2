import type { Experiment, ExperimentRow, ExperimentRun, PublishedFigure, RowGroup } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

const times = 500;

/** The bytes that the emulated PL011 is given in crossing `number`, in lines of fifty (guest/experiments/requests/request.c). */
const lines = (number: number): string[] => {
  const letters = Array.from({ length: times }, (_, n) => String.fromCharCode(97 + ((n + number) % 26))).join("");
  return letters.match(/.{50}/g)!;
};

const bytesCameOut: NonNullable<ExperimentRun["check"]> = (_, output) => {
  const came = output.split("\n").filter((line) => /^[a-z]{50}$/.test(line));
  return came.join() === [...lines(3), ...lines(4)].join()
    ? []
    : ["bytes written to the console didn't come out of it"];
};

const handlers: ExperimentRun = { ...underNanovisor("requests-handler"), check: bytesCameOut };
const applications: ExperimentRun = { ...underNanovisor("requests-application"), check: bytesCameOut };
const stubdomains: ExperimentRun = { ...underNanovisor("requests-stubdomain"), check: bytesCameOut };
const guarded: ExperimentRun = {
  ...underNanovisor("requests-application", { needs: "FEAT_VHE" }),
  name: "requests-application-vhe",
  check: bytesCameOut,
};

/** Of native applications beside stubdomains on Xen, no figures were published. */
const switches: PublishedFigure = {
  value: 2 * 8799,
  unit: "cycles",
  on: "X-Gene 2.4 GHz with Xen",
  source: "Dall et al., ISCA 2016, table 2: VM switch, 8,799 cycles (unconfirmed), there and back",
};

const row = (run: ExperimentRun, crossing: number, name: string, published?: PublishedFigure): ExperimentRow => ({
  run,
  crossing,
  name,
  rounds: times,
  served: BigInt(times),
  ...(published ? { published } : {}),
});

const group = (title: string, request: string, load: "idle" | "busy", crossing: number): RowGroup => ({
  title,
  rows: [
    row(handlers, crossing, `${request}, in the hypervisor, ${load}`),
    row(applications, crossing, `${request}, native application, ${load}`),
    row(guarded, crossing, `${request}, native application with VHE, ${load}`),
    row(stubdomains, crossing, `${request}, stubdomain, ${load}`, load === "idle" ? switches : undefined),
  ],
});

export const requestExperiment: Experiment = {
  name: "request",
  question: "A request that the hypervisor must serve",
  about:
    "From an instruction of the guest's that EL2 has to serve to the next one: an SMC of its kernel to a small Trusted OS, and a write of a process to the data register of an emulated PL011. The services are the same source, in the nanovisor itself, at EL0, and at EL1 in a guest of its own. FP registers aren't switched, since nobody uses them. Busy: 8 processes of lower priority run between the requests; caches and a core's own TLB, which they would empty, aren't modelled.",
  runs: [handlers, applications, guarded, stubdomains],
  groups: [
    group("An SMC; the system is idle", "SMC", "idle", 1),
    group("An SMC; 8 processes are busy", "SMC", "busy", 2),
    group("A write to a register; the system is idle", "MMIO", "idle", 3),
    group("A write to a register; 8 processes are busy", "MMIO", "busy", 4),
  ],
};
