/** Pieces of assembly text, as objdump writes them. */

/** W0..W30/WZR or X0..X30/XZR. */
export function registerName(sf: number, register: number): string {
  return `${sf ? "x" : "w"}${register === 31 ? "zr" : register}`;
}

/** As {@link registerName}, with SP or WSP for 31. */
export function spName(sf: number, register: number): string {
  return register === 31 ? (sf ? "sp" : "wsp") : registerName(sf, register);
}

/** 0x-prefixed lower-case hexadecimal. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A word of the "MSR" space that has no name: "msr s0_0_c4_c5_3, xzr". */
export function unnamedSystemText(op0: number, op1: number, CRn: number, CRm: number, op2: number): string {
  return `msr\ts${op0}_${op1}_c${CRn}_c${CRm}_${op2}, xzr`;
}

export const conditionNames = [
  "eq",
  "ne",
  "cs",
  "cc",
  "mi",
  "pl",
  "vs",
  "vc",
  "hi",
  "ls",
  "ge",
  "lt",
  "gt",
  "le",
  "al",
  "nv",
] as const;
