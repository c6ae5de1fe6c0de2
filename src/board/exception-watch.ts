import type { ProcessingElement } from "../cpu/processing-element.js";
import { describeException } from "./syndrome.js";

/** Exceptions in a row from the same instruction, with none executed between them, after which a PE is taken for stuck. */
const exceptionsInARow = 1000;

interface LastException {
  pcLow: number;
  pcHigh: number;
  /** Instructions retired when it was taken; the instruction that failed counts as one. */
  retired: number;
  inARow: number;
}

/** Sees every exception that PEs take, and finds a PE whose vector faults itself, so that it takes the same one for ever. */
export class ExceptionWatch {
  readonly #last: LastException[] = [];
  readonly #stuck: (pe: number, what: string) => void;

  /** `stuck` is told the end of a sentence that begins with the PE. */
  constructor(stuck: (pe: number, what: string) => void) {
    this.#stuck = stuck;
  }

  /** Installs itself on a PE. */
  watch(pe: ProcessingElement): void {
    pe.onException = (_, target, esr, vector) => this.#taken(pe, target, esr, vector);
  }

  #taken(pe: ProcessingElement, target: number, esr: number, vector: number): void {
    const { index, pcLow, pcHigh } = pe;
    const retired = pe.counter.retired(index);
    const last = (this.#last[index] ??= { pcLow: -1, pcHigh: -1, retired: 0, inARow: 0 });
    const again = pcLow === last.pcLow && pcHigh === last.pcHigh && retired - last.retired <= 1;
    last.inARow = again ? last.inARow + 1 : 0;
    last.pcLow = pcLow;
    last.pcHigh = pcHigh;
    last.retired = retired;
    if (last.inARow !== exceptionsInARow) return;
    const at = `0x${pe.pc.toString(16)}`;
    this.#stuck(
      index,
      `takes ${describeException(esr, vector)} from EL${pe.el} to EL${target} at ${at} again and again without executing ` +
        "an instruction: its exception vector can't be executed",
    );
  }
}
