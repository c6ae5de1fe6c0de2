import { openSync } from "node:fs";
import type { Log, LogChannel } from "../ports/index.js";
import { writeFully } from "./console/terminal.js";
import { systemErrorText, UserError } from "./errors.js";

/** A log to a file or to standard error, of the channels asked for. */
export class FileLog implements Log {
  readonly #channels: ReadonlySet<LogChannel>;
  readonly #descriptor: number;
  #pending: string[] = [];

  /** Throws {@link UserError} when the file can't be opened. Without `path`: standard error. */
  constructor(channels: ReadonlySet<LogChannel>, path?: string) {
    this.#channels = channels;
    try {
      this.#descriptor = path === undefined ? 2 : openSync(path, "w");
    } catch (error) {
      throw new UserError(`log file ${path}: ${systemErrorText(error)}`);
    }
  }

  enabled(channel: LogChannel): boolean {
    return this.#channels.has(channel);
  }

  write(channel: LogChannel, text: string): void {
    if (!this.#channels.has(channel)) return;
    this.#pending.push(`${text}\n`);
    if (this.#pending.length >= 1024) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    writeFully(this.#descriptor, Buffer.from(this.#pending.join("")));
    this.#pending = [];
  }
}
