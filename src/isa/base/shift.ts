import type { Builder, Node } from "../../ir/index.js";

export const shiftNames = ["lsl", "lsr", "asr", "ror"] as const;

/** `value` shifted LSL, LSR, ASR or ROR (0 to 3) by `amount`, which has its type (Arm ARM J1, ShiftReg). */
export function shifted(pe: Builder, shift: number, value: Node, amount: Node): Node {
  if (shift === 0) return pe.shl(value, amount);
  if (shift === 1) return pe.shrU(value, amount);
  return shift === 2 ? pe.shrS(value, amount) : pe.rotr(value, amount);
}

/** ", lsl #3"; nothing for a zero amount unless `always`. */
export function shiftText(name: string, amount: number, always: boolean): string {
  return amount === 0 && !always ? "" : `, ${name} #${amount}`;
}

export const extendNames = ["uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"] as const;

/** The low part of `value` (an X or W register's) that `option` selects, extended to `value`'s type (ExtendReg). */
export function extended(pe: Builder, option: number, value: Node): Node {
  const { type } = value;
  const wide = type === "i64";
  const size = option & 3;
  if (size === 3 || (size === 2 && !wide)) return value;
  if (option & 4) return pe.op(`${type}.extend${8 << size}_s`, value);
  return pe.and(value, wide ? pe.c64(2 ** (8 << size) - 1) : pe.c32(2 ** (8 << size) - 1));
}
