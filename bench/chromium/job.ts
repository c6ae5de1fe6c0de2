import type { WorkerMachine } from "../../src/web/protocol.js";

/** What a page that measures is asked to run. Files are paths on the server. */
export interface Job {
  readonly kernel: string;
  readonly initrd?: string;
  readonly machine: Omit<WorkerMachine, "kernel" | "initrd">;
}

/** What it answers. */
export interface JobResult {
  /** From the worker's creation to the message that the machine has ended. */
  readonly seconds: number;
  /** Of these, in Machine.run. */
  readonly running: number;
  readonly instructions: number;
  /** Why the machine ended, or what went wrong. */
  readonly sentence: string;
  /** One character for each byte. */
  readonly output: string;
}
