import { MonitorError } from "./command.js";

/** What `x/FMT` asks for: so many units of so many bytes, printed in a format. */
export interface ExamineFormat {
  readonly count: number;
  /** Hexadecimal, signed, unsigned, octal, character, instruction. */
  readonly format: "x" | "d" | "u" | "o" | "c" | "i";
  readonly unit: 1 | 2 | 4 | 8;
}

const unitSizes: Readonly<Record<string, 1 | 2 | 4 | 8>> = { b: 1, h: 2, w: 4, g: 8 };

/** Reads a format in GDB's and QEMU's spelling: `x/4xg`, `xp/16i`, `x`. */
export function parseExamineFormat(text: string): ExamineFormat {
  const match = /^(\d*)([a-z]*)$/.exec(text);
  if (!match) throw new MonitorError(`'/${text}' is not a format: /COUNT, one of x d u o c i, one of b h w g`);
  let format: ExamineFormat["format"] = "x";
  let unit: ExamineFormat["unit"] | undefined;
  for (const letter of match[2]!) {
    if (Object.hasOwn(unitSizes, letter)) unit = unitSizes[letter]!;
    else if ("xduoci".includes(letter)) format = letter as ExamineFormat["format"];
    else throw new MonitorError(`'${letter}' is neither a format (x d u o c i) nor a size (b h w g)`);
  }
  const count = match[1] === "" ? 1 : Number(match[1]);
  if (count < 1 || count > 4096) throw new MonitorError("the count must be from 1 to 4096");
  return { count, format, unit: format === "i" ? 4 : (unit ?? (format === "c" ? 1 : 4)) };
}

/** Prints memory as lines of at most 16 bytes with the address before them; instructions one a line. */
export function examine(
  address: bigint,
  bytes: Uint8Array,
  { format, unit, count }: ExamineFormat,
  disassemble: (word: number, address: bigint) => string,
): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const valueAt = (at: number): bigint => {
    let value = 0n;
    for (let i = unit - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
    return value;
  };
  const perLine = format === "i" ? 1 : 16 / unit;
  const lines: string[] = [];
  for (let i = 0; i < count; i += perLine) {
    const items: string[] = [];
    for (let j = i; j < Math.min(count, i + perLine); j++) {
      const value = valueAt(j * unit);
      const at = address + BigInt(j * unit);
      items.push(format === "i" ? disassemble(Number(value), at) : show(value, format, unit));
    }
    lines.push(`${(address + BigInt(i * unit)).toString(16).padStart(16, "0")}: ${items.join(" ")}`);
  }
  return lines.join("\n");
}

function show(value: bigint, format: Exclude<ExamineFormat["format"], "i">, unit: number): string {
  switch (format) {
    case "x":
      return `0x${value.toString(16).padStart(unit * 2, "0")}`;
    case "d":
      return BigInt.asIntN(unit * 8, value).toString();
    case "u":
      return value.toString();
    case "o":
      return `0${value.toString(8)}`;
    case "c": {
      const code = Number(value & 0xffn);
      return code >= 0x20 && code < 0x7f
        ? `'${String.fromCharCode(code)}'`
        : `'\\x${code.toString(16).padStart(2, "0")}'`;
    }
  }
}
