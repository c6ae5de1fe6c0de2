import type { Machine } from "../../board/machine.js";
import type { ProcessingElement } from "../../cpu/processing-element.js";

/** What is wrong with a command, in one sentence for who typed it. */
export class MonitorError extends Error {
  override readonly name = "MonitorError";
}

/** What commands work on. */
export interface MonitorContext {
  readonly machine: Machine;
  /** The PE that registers and addresses are of. */
  pe: number;
  readonly disassemble: (word: number, address: bigint) => string;
  quit(): void;
  /** The value of an expression: a number, or a register's name after `$`, with an offset perhaps. */
  evaluate(text: string): bigint;
}

export interface MonitorCommand {
  /** The name first, then what it takes. */
  readonly usage: string;
  readonly help: string;
  /** `argument` is what follows the name; `format` what follows a `/` after it. */
  run(context: MonitorContext, argument: string, format: string): string;
}

export function processorOf({ machine, pe }: MonitorContext): ProcessingElement {
  return machine.debug.processors[pe]!;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
export const hex64 = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, "0");
