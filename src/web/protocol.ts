import type { MachineOptions, MachineStatistics } from "../index.js";

/** A machine as it can be sent to a worker: what of {@link MachineOptions} is data. */
export interface WorkerMachine
  extends Pick<
    MachineOptions,
    "cpu" | "processors" | "memory" | "virtualization" | "secure" | "kernel" | "initrd" | "commandLine" | "jit"
  > {
  /** Whether the guest may use semihosting; what it writes goes where the serial port's output goes. */
  readonly semihosting?: boolean;
  /** Whether input may come. A machine without input that waits doesn't wait for the host's clock. */
  readonly interactive?: boolean;
}

/** What the page tells the worker that runs the machine. */
export type ToMachine =
  | { readonly kind: "start"; readonly machine: WorkerMachine }
  | { readonly kind: "input"; readonly bytes: Uint8Array };

/** What the worker tells the page. */
export type FromMachine =
  | { readonly kind: "output"; readonly bytes: Uint8Array }
  /** How far the machine has come; sent a few times a second. */
  | { readonly kind: "progress"; readonly instructions: number; readonly mips: number }
  | { readonly kind: "ended"; readonly sentence: string; readonly statistics: MachineStatistics }
  | { readonly kind: "failed"; readonly message: string };
