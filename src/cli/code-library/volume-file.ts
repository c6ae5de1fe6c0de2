import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A volume of regions, to be written. */
export interface VolumeParts {
  /** See code-library/volume.ts. */
  readonly description: Int32Array<ArrayBuffer>;
  /** The module of WebAssembly. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** V8's code for it; empty: none. */
  readonly native: Uint8Array<ArrayBuffer>;
}

/** A volume's file, of which only the description has been read. */
export interface OpenVolume {
  readonly description: Int32Array;
  /** Reads the rest; each in a buffer of its own. Undefined when it has gone or been damaged. */
  code(): { readonly module: Uint8Array<ArrayBuffer>; readonly native: Uint8Array<ArrayBuffer> } | undefined;
}

const magic = 0x5a56_4632;

/** Header of a file, in 32-bit words: lengths are in bytes, and parts begin at multiples of four. */
const Header = { magic: 0, description: 1, module: 2, native: 3, descriptionSum: 4, codeSum: 5, size: 6 } as const;

const padded = (length: number): number => (length + 3) & ~3;

export function encodeVolumeFile({ description, module, native }: VolumeParts): Uint8Array {
  const parts = [new Uint8Array(description.buffer), module, native];
  const bytes = new Uint8Array(Header.size * 4 + parts.reduce((sum, p) => sum + padded(p.length), 0));
  let at = Header.size * 4;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  const header = new Int32Array(bytes.buffer, 0, Header.size);
  header[Header.magic] = magic;
  header[Header.description] = description.byteLength;
  header[Header.module] = module.length;
  header[Header.native] = native.length;
  header[Header.descriptionSum] = checksum(description);
  header[Header.codeSum] = codeSum(module, native);
  return bytes;
}

/** Opens a volume's file; undefined when it can't be read or isn't whole. */
export function openVolume(path: string): OpenVolume | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const header = new Int32Array(Header.size);
      readSync(file, header, 0, header.byteLength, 0);
      if (header[Header.magic] !== magic) return undefined;
      const description = new Int32Array(header[Header.description]! / 4);
      readSync(file, description, 0, description.byteLength, header.byteLength);
      const code = padded(header[Header.module]!) + padded(header[Header.native]!);
      if (fstatSync(file).size !== header.byteLength + description.byteLength + code) return undefined;
      if (checksum(description) !== header[Header.descriptionSum]) return undefined;
      return { description, code: () => readCode(path, header) };
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function readCode(path: string, header: Int32Array): ReturnType<OpenVolume["code"]> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const module = new Uint8Array(header[Header.module]!);
    const native = new Uint8Array(header[Header.native]!);
    const start = header.byteLength + header[Header.description]!;
    readSync(file, module, 0, module.length, start);
    readSync(file, native, 0, native.length, start + padded(module.length));
    return codeSum(module, native) === header[Header.codeSum] ? { module, native } : undefined;
  } finally {
    closeSync(file);
  }
}

function codeSum(module: Uint8Array<ArrayBuffer>, native: Uint8Array<ArrayBuffer>): number {
  const wholeWords = (part: Uint8Array<ArrayBuffer>): Int32Array => new Int32Array(part.buffer, 0, part.length >> 2);
  return checksum(wholeWords(native), checksum(wholeWords(module)));
}

/** Tells a damaged file from a whole one, by four sums that a processor can make side by side. */
function checksum(words: Int32Array, start = 0x811c_9dc5): number {
  let [a, b, c, d] = [start | 0, 1, 2, 3];
  const { length } = words;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a = Math.imul(a ^ words[i]!, 0x0100_0193);
    b = Math.imul(b ^ words[i + 1]!, 0x0100_0193);
    c = Math.imul(c ^ words[i + 2]!, 0x0100_0193);
    d = Math.imul(d ^ words[i + 3]!, 0x0100_0193);
  }
  for (let i = whole; i < length; i++) a = Math.imul(a ^ words[i]!, 0x0100_0193);
  return a ^ Math.imul(b, 3) ^ Math.imul(c, 5) ^ Math.imul(d, 7);
}
