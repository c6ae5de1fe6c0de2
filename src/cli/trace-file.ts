import { closeSync, openSync, writeSync } from "node:fs";
import type { MachineObserver } from "../board/observers.js";
import { MachineTrace } from "../debug/trace/machine-trace.js";
import { systemErrorText, UserError } from "./errors.js";

/** A Perfetto trace that goes to a file as the machine runs. */
export class TraceFile {
  readonly #trace: MachineTrace;
  readonly #descriptor: number;
  #open = true;

  /** Throws {@link UserError} when the file can't be written. */
  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, "w");
    } catch (error) {
      throw new UserError(`trace file ${path}: ${systemErrorText(error)}`);
    }
    this.#trace = new MachineTrace((bytes) => {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
      } catch (error) {
        throw new UserError(`trace file ${path}: ${systemErrorText(error)}`);
      }
    });
  }

  get observer(): MachineObserver {
    return this.#trace;
  }

  /** Ends the trace at the machine's present time. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#trace.finish();
    closeSync(this.#descriptor);
  }
}
