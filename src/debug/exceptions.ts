import type { TakenException } from "../board/debug-port.js";
import { describeException } from "../board/syndrome.js";

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A sentence about an exception at whose vector the machine stands. */
export function describeTakenException({ pe, from, to, exceptionClass, esr, vector, pc }: TakenException): string {
  const syndrome = exceptionClass === undefined ? "" : `, ESR ${hex(esr)}`;
  return `PE ${pe} took ${describeException(esr, vector)} from EL${from} to EL${to}: ELR ${hex(pc)}${syndrome}, vector +${hex(vector)}`;
}
