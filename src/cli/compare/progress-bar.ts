const width = 24;

/** What a bar is drawn on: a terminal, or something that gets none. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar of so many steps on a terminal; nothing where there is none. */
export class ProgressBar {
  readonly #stream: ProgressStream;
  readonly #steps: number;
  #done = 0;

  constructor(stream: ProgressStream, steps: number) {
    this.#stream = stream;
    this.#steps = steps;
  }

  /** Another step begins. */
  step(what: string): void {
    if (!this.#stream.isTTY) return;
    const full = Math.round((this.#done++ / this.#steps) * width);
    const line = `[${"#".repeat(full)}${".".repeat(width - full)}] ${what}`;
    // A line that wraps couldn't be taken away.
    this.#stream.write(`\r\x1b[K${line.slice(0, (this.#stream.columns || 80) - 1)}`);
  }

  /** Takes the bar away. */
  close(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}
