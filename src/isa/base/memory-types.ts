import type { Builder, LoadName, Node, StoreName, XOperand } from "../../ir/index.js";
import type { Fields } from "../pattern.js";
import { registerName, spName } from "../text.js";

/** Loads that zero-extend 1, 2, 4 or 8 bytes (size 0 to 3) into an X register. */
export const loadUnsigned = ["i64.load8_u", "i64.load16_u", "i64.load32_u", "i64.load"] as const satisfies LoadName[];
/** Loads that sign-extend to 64 bits. */
export const loadSigned64 = ["i64.load8_s", "i64.load16_s", "i64.load32_s"] as const satisfies LoadName[];
/** Loads that sign-extend to 32 bits. */
export const loadSigned32 = ["i32.load8_s", "i32.load16_s"] as const satisfies LoadName[];
/** Stores of the low 1, 2, 4 or 8 bytes of an X register. */
export const storeLow = ["i64.store8", "i64.store16", "i64.store32", "i64.store"] as const satisfies StoreName[];

/** Suffix of a mnemonic for bytes and halfwords. */
export const sizeSuffixes = ["b", "h", "", ""] as const;

/** Value of the base register, evaluated now; SP (`sp` 1) is checked for alignment. */
export function baseAddress(pe: Builder, sp: number, n: XOperand): Node {
  if (sp) pe.checkStackAlignment();
  return pe.let(pe.read(64, n));
}

/** Whether the base register is SP, as a derived static. */
export function baseIsSp(f: Fields): { sp: number } {
  return { sp: +(f.Rn === 31) };
}

/** `bits` low bits of `field` as a signed number. */
export function signed(field: number, bits: number): number {
  return (field << (32 - bits)) >> (32 - bits);
}

/** "[x1]" or "[x1, #16]". */
export function offsetText(f: Fields, offset: number): string {
  return `[${spName(1, f.Rn!)}${offset === 0 ? "" : `, #${offset}`}]`;
}

/** W or X name of the transferred register for an access of `size` (log2 of bytes). */
export function transferName(size: number, register: number): string {
  return registerName(+(size === 3), register);
}
