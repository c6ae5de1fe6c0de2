import { UserError } from "../errors.js";
import { suggestion } from "./suggest.js";

const units: Readonly<Record<string, number>> = { "": 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A size in QEMU's spelling: a number with B, K, M, G or T; `unit` is what a bare number means. */
export function parseSize(text: string, unit: "B" | "M", option: string): number {
  const match = /^(\d+(?:\.\d+)?)([BKMGT]?)$/i.exec(text);
  if (!match) throw new UserError(`${option}: '${text}' is not a size (512, 512M, 2G)`);
  return Math.floor(Number(match[1]) * units[match[2]!.toUpperCase() || unit]!);
}

/** A whole number, in decimal or 0x notation. */
export function parseWhole(text: string, option: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER): number {
  const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new UserError(`${option}: '${text}' is not a whole number ${range}`);
  }
  return value;
}

/** on or off (also yes, no, true, false, as QEMU takes them). */
export function parseSwitch(text: string, option: string): boolean {
  if (["on", "yes", "true", "y"].includes(text)) return true;
  if (["off", "no", "false", "n"].includes(text)) return false;
  throw new UserError(`${option}: '${text}' is neither on nor off`);
}

/** One of a set of words. */
export function parseChoice<T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UserError(`${option}: '${text}' is none of ${choices.join(", ")}${suggestion(text, choices)}`);
}
