import type { Clock } from "../ports/index.js";
import type { PL061 } from "./pl061.js";

/** Line of the PL061 on `virt` that the power button drives. */
export const POWER_BUTTON_LINE = 3;
const PRESS_NANOSECONDS = 100_000_000;

/** A push button on a GPIO line: pressed for a tenth of a second, as QEMU's gpio-key. */
export class GpioKey {
  readonly #gpio: PL061;
  readonly #line: number;
  readonly #clock: Clock;

  constructor(gpio: PL061, line: number, clock: Clock) {
    this.#gpio = gpio;
    this.#line = line;
    this.#clock = clock;
  }

  press(): void {
    this.#gpio.setInput(this.#line, true);
    this.#clock.schedule(this.#clock.now() + PRESS_NANOSECONDS, () => this.#gpio.setInput(this.#line, false));
  }
}
