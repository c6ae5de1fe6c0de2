/** Milliseconds by which machine time may lag behind the host's before the lag is forgotten. */
const largestLag = 100;

/**
 * Keeps machine time from running ahead of the host's while every PE waits and someone may type: a guest's `sleep 3`
 * then takes three seconds, and a prompt doesn't burn the host's processor.
 */
export class Pacer {
  readonly #hostNow: () => number;
  /** Host milliseconds at machine time 0, as far as pacing goes. */
  #origin: number;

  /** `hostNow` gives milliseconds from any start. */
  constructor(hostNow: () => number) {
    this.#hostNow = hostNow;
    this.#origin = hostNow();
  }

  /** Milliseconds to wait before machine time may reach `at` nanoseconds, when it is `now`. */
  delay(now: number, at: number): number {
    this.#origin = Math.max(this.#origin, this.#hostNow() - now / 1e6 - largestLag);
    return Math.max(0, this.#origin + at / 1e6 - this.#hostNow());
  }

  /** The machine time in nanoseconds that corresponds to the host's now. */
  machineTime(): number {
    return Math.floor((this.#hostNow() - this.#origin) * 1e6);
  }
}
