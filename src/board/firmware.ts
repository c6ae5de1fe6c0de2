import type { Monitor } from "../cpu/monitor.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import { callPsci, type PowerController } from "./psci.js";

/** PSCI and SMCCC firmware as a monitor: what answers HVC or SMC on a machine that runs no firmware of its own. */
export class Firmware implements Monitor {
  readonly keepsControls = true;
  readonly #power: PowerController;

  constructor(power: PowerController) {
    this.#power = power;
  }

  exceptionTaken(pe: ProcessingElement): void {
    const result = callPsci(this.#power, pe.index, pe.x(0), [pe.x(1), pe.x(2), pe.x(3)]);
    if (result === "no return") pe.poweredOff = true;
    else pe.setX(0, BigInt.asUintN(64, result));
  }
}
