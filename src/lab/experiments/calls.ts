import type { Experiment, ExperimentRow } from "../experiment.js";
import { underNanovisor } from "./under-nanovisor.js";

/** Calls with right answers of the right length: what guest/experiments/latency/call.c notes. */
const row = (crossing: number, name: string, calls = 1000): ExperimentRow => ({
  crossing,
  name,
  rounds: calls,
  served: BigInt(calls),
});

const question = "A call to another process, and its answer";

export const callsClassic: Experiment = {
  name: "call",
  question: `${question}: under the nanovisor`,
  ...underNanovisor("calls-classic"),
  rows: [
    row(1, "semaphores"),
    row(2, "kernel message, 0 bytes"),
    row(3, "kernel message, 64 bytes"),
    row(4, "kernel message, 4096 bytes"),
    row(5, "HypRPC, classic, no bytes"),
    row(6, "HypRPC, classic, 64 bytes in 8 calls"),
    row(7, "HypRPC, classic, 4096 bytes in 512 calls", 100),
  ],
};

export const callsGuarded: Experiment = {
  name: "call-guarded",
  question: `${question}: under the nanovisor with VHE`,
  ...underNanovisor("calls-guarded"),
  cpu: "max",
  rows: [
    row(8, "HypRPC, guarded, no bytes"),
    row(9, "HypRPC, guarded, 64 bytes in 8 calls"),
    row(10, "HypRPC, guarded, 4096 bytes in 512 calls", 100),
  ],
};
