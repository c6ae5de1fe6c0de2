/** Where the host has it (Node), the call that comes back after input and timers had their turn. */
const { setImmediate } = globalThis as { readonly setImmediate?: (callback: () => void) => void };

/**
 * Lets the host's event loop run once: input arrives, timers fire. Much cheaper than a timer, and never clamped. In Node
 * a message channel won't do: it delivers up to a thousand messages in a row before anything else gets a turn.
 */
export class HostLoop {
  readonly #channel = setImmediate ? undefined : new MessageChannel();
  #resume: () => void = () => {};

  constructor() {
    if (this.#channel) this.#channel.port1.onmessage = () => this.#resume();
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      if (this.#channel) this.#channel.port2.postMessage(0);
      else setImmediate?.(resolve);
    });
  }

  /** Gives back what the host holds for it. */
  close(): void {
    this.#channel?.port1.close();
  }
}
