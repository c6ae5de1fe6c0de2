const width = 24;

/** A bar of so many steps on a terminal; nothing where there is none. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #steps: number;
  #done = 0;

  constructor(stream: NodeJS.WriteStream, steps: number) {
    this.#stream = stream;
    this.#steps = steps;
  }

  /** Another step begins. */
  step(what: string): void {
    if (!this.#stream.isTTY) return;
    const full = Math.round((this.#done++ / this.#steps) * width);
    this.#stream.write(`\r\x1b[K[${"#".repeat(full)}${".".repeat(width - full)}] ${what}`);
  }

  /** Takes the bar away. */
  close(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}
