import type { ProcessingElement } from "../cpu/processing-element.js";
import { Hcr, Word } from "../cpu/register-words.js";
import { PeState } from "../cpu/state-layout.js";
import type { Log } from "../ports/index.js";
import type { MachineObserver, ObservedMachine } from "./observers.js";
import { describeException, hasFaultAddress, isStage2Abort } from "./syndrome.js";

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** The log of exceptions (`-d int`): a line for each that is taken and for each return. */
export class ExceptionLog implements MachineObserver {
  readonly #log: Log;
  #machine: ObservedMachine | undefined;

  readonly processors: NonNullable<MachineObserver["processors"]> = {
    exceptionTaken: (pe, target, esr, vector) => this.#taken(pe, target, esr, vector),
    exceptionReturned: (pe, from) =>
      this.#write(pe, `EL${from}h -> ${levelOf(pe)}`, `ERET to PC ${hex(pe.pc)}${worldOf(pe)}`),
  };

  constructor(log: Log) {
    this.#log = log;
  }

  attach(machine: ObservedMachine): void {
    this.#machine = machine;
  }

  #taken(pe: ProcessingElement, target: number, esr: number, vector: number): void {
    const parts = [describeException(esr, vector)];
    if (esr !== -1) {
      if (hasFaultAddress(esr)) parts.push(`FAR ${hex(doubleword(pe, Word.FAR[target as 1 | 2 | 3]))}`);
      if (isStage2Abort(esr, target)) parts.push(`IPA ${hex((doubleword(pe, Word.HPFAR_EL2) >> 4n) << 12n)}`);
      parts.push(`ESR ${hex(esr >>> 0)}`);
    }
    parts.push(`ELR ${hex(pe.pc)}`, `vector +${hex(vector)}`);
    this.#write(pe, `${levelOf(pe)} -> EL${target}h`, parts.join(", ") + worldOf(pe));
  }

  #write(pe: ProcessingElement, levels: string, text: string): void {
    const time = this.#machine?.now() ?? 0;
    this.#log.write(
      "int",
      `${time} ns, instruction ${pe.counter.retired(pe.index)}, PE ${pe.index}: ${levels}: ${text}`,
    );
  }
}

function doubleword(pe: ProcessingElement, word: number): bigint {
  return (BigInt(pe.register(word + 1) >>> 0) << 32n) | BigInt(pe.register(word) >>> 0);
}

/** The level with the stack pointer in use, as the Arm ARM writes it: EL1h, EL1t. */
function levelOf(pe: ProcessingElement): string {
  return `EL${pe.el}${pe.state(PeState.spSel) ? "h" : "t"}`;
}

/** Whose code is interrupted or returned to, where that isn't clear from the level. */
function worldOf(pe: ProcessingElement): string {
  const words = [];
  if (pe.el < 2 && (pe.hcrLow & Hcr.VM) !== 0) words.push(`VMID ${pe.vmid}`);
  if (pe.el === 0 && pe.host) words.push("EL2&0 regime");
  if (pe.haveEl3 && pe.el < 3 && pe.secure) words.push("Secure");
  return words.length === 0 ? "" : `; ${words.join(", ")}`;
}
