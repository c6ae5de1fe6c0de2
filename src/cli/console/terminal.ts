import { writeSync } from "node:fs";

/**
 * The process's standard input and output as a console. A terminal is put into raw mode, and back on every way out:
 * the process's end, a signal, an error that nobody caught.
 */
export class Terminal {
  #onInput: (bytes: Uint8Array) => void = () => {};
  #ended = false;
  #open = false;
  #reading = false;
  #pending: Uint8Array[] = [];

  /** Whether more input may come. */
  get inputOpen(): boolean {
    return this.#open && !this.#ended;
  }

  /**
   * Starts reading; input goes to `onInput`. Standard input is opened when the process first waits for something: that takes
   * Node a while, and a machine can run its first instructions meanwhile.
   */
  open(onInput: (bytes: Uint8Array) => void): void {
    this.#onInput = onInput;
    if (this.#open) return;
    this.#open = true;
    setImmediate(() => this.#read());
  }

  #read(): void {
    if (!this.#open || this.#reading) return;
    this.#reading = true;
    const { stdin } = process;
    if (stdin.isTTY) {
      stdin.setRawMode(true);
      process.once("exit", restore);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, endBySignal);
    }
    stdin.on("data", (chunk: Uint8Array) => this.#onInput(chunk));
    stdin.on("end", () => void (this.#ended = true));
    stdin.on("error", () => void (this.#ended = true));
  }

  /** Queues output; it reaches the terminal at the next {@link flush}. */
  write(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    if (this.#pending.length >= 4096) this.flush();
  }

  writeText(text: string): void {
    this.write(new TextEncoder().encode(text));
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    writeFully(1, bytes);
  }

  /** Stops reading and restores the terminal, so that the process may end. */
  close(): void {
    this.flush();
    if (!this.#open) return;
    this.#open = false;
    if (!this.#reading) return;
    process.stdin.removeAllListeners("data").removeAllListeners("end");
    process.stdin.pause();
    restore();
    process.stdin.unref?.();
  }
}

/** Writes all of `bytes`, waiting where the descriptor doesn't take them at once. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      else if (code === "EPIPE")
        process.exit(141); // as a shell reports SIGPIPE
      else throw error;
    }
  }
}

function restore(): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
}

function endBySignal(signal: NodeJS.Signals): void {
  restore();
  process.kill(process.pid, signal);
}
