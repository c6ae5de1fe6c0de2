/** Lets the host's event loop run once: input arrives, timers fire. Much cheaper than a timer, and never clamped. */
export class HostLoop {
  readonly #channel = new MessageChannel();
  #resume: () => void = () => {};

  constructor() {
    this.#channel.port1.onmessage = () => this.#resume();
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#channel.port2.postMessage(0);
    });
  }

  /** Lets the process end, where an open channel would keep it. */
  close(): void {
    this.#channel.port1.close();
  }
}
