/** `value` as C's "%.18e" prints it, which is how objdump writes floating-point immediates. */
export function scientific(value: number): string {
  const [digits, exponent] = value.toExponential(18).split("e") as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** VFPExpandImm as a number: sign, exponent from b and cd, four fraction bits. */
export function expandedImmediate(imm8: number): number {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const magnitude = (16 + (imm8 & 15)) * 2 ** (exponent - 3 - 4);
  return imm8 & 0x80 ? -magnitude : magnitude;
}
