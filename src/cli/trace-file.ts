import { closeSync, openSync, writeSync } from "node:fs";
import type { MachineObserver } from "../board/observers.js";
import { MachineTrace } from "../debug/trace/machine-trace.js";
import { systemErrorText, UserError } from "./errors.js";

/** A file that a trace goes to as it is made. */
export class TraceSink {
  readonly #path: string;
  readonly #descriptor: number;

  /** Throws {@link UserError} when the file can't be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, "w");
    } catch (error) {
      throw new UserError(`trace file ${path}: ${systemErrorText(error)}`);
    }
  }

  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      throw new UserError(`trace file ${this.#path}: ${systemErrorText(error)}`);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A machine's trace that goes to a file. */
export class TraceFile {
  readonly #sink: TraceSink;
  readonly #trace: MachineTrace;
  #open = true;

  /** Throws {@link UserError} when the file can't be written. */
  constructor(path: string) {
    const sink = new TraceSink(path);
    this.#sink = sink;
    this.#trace = new MachineTrace((bytes) => sink.write(bytes));
  }

  get observer(): MachineObserver {
    return this.#trace;
  }

  /** Ends the trace at the machine's present time. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#trace.finish();
    this.#sink.close();
  }
}
