/** A symbol of a kernel's, with the letter that nm gives its type. */
export interface KernelSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly type: string;
}

const tokens = 256;
/** One name in so many has its place in the table of markers. */
const markerStep = 256;
/** R_AARCH64_RELATIVE. */
const relative = 1027;
/** What an Image begins at a multiple of (Linux, Documentation/arm64/booting.rst), and its first symbol. */
const imageAlignment = 0x20_0000n;
const textAlignment = 0x1000n;
const digitTokens = Array.from("0123456789", (digit) => [digit.charCodeAt(0), 0]).flat();
/** Fewer markers than any kernel has. */
const fewestMarkers = 16;
/** Bytes of a name, at most. */
const largestName = 512;
const largestTokenTable = 64 * 1024;

/** The tables that a kernel prints its symbols from (Linux, kernel/kallsyms.c and scripts/kallsyms.c of 5.x and 6.1), as found in an Image. */
class Kallsyms {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(image: Uint8Array) {
    this.#bytes = image;
    this.#view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  }

  read(): KernelSymbol[] | undefined {
    for (let at = this.#find(digitTokens, 0); at >= 0; at = this.#find(digitTokens, at + 1)) {
      const table = this.#tokenTable(at);
      const found = table && this.#symbols(table.start, table.tokens);
      if (found) return found;
    }
    return undefined;
  }

  #find(pattern: readonly number[], from: number): number {
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(pattern[0]!, from); at >= 0; at = bytes.indexOf(pattern[0]!, at + 1))
      if (pattern.every((byte, i) => bytes[at + i] === byte)) return at;
    return -1;
  }

  /** The token table that has the digits' tokens at `digits`: 256 strings, that of "0" the 48th; then where each of them starts. */
  #tokenTable(digits: number): { start: number; tokens: string[] } | undefined {
    const bytes = this.#bytes;
    for (let start = (digits - 2 * 48) & ~7; start > 0 && start > digits - largestTokenTable; start -= 8) {
      const places: number[] = [];
      let at = start;
      for (let n = 0; n < tokens && at < start + largestTokenTable; n++) {
        places.push(at - start);
        at = bytes.indexOf(0, at) + 1;
      }
      if (places[48] !== digits - start) continue;
      const index = (at + 7) & ~7;
      if (index + 2 * tokens > bytes.length) continue;
      if (places.every((place, n) => this.#view.getUint16(index + 2 * n, true) === place))
        return { start, tokens: places.map((place) => this.#text(start + place)) };
    }
    return undefined;
  }

  #text(at: number): string {
    let text = "";
    for (let i = at; this.#bytes[i] !== 0; i++) text += String.fromCharCode(this.#bytes[i]!);
    return text;
  }

  #symbols(tokenTable: number, table: readonly string[]): KernelSymbol[] | undefined {
    for (let markers = tokenTable - 8; markers > 16; markers -= 8) {
      const markerCount = this.#markers(markers, tokenTable);
      if (markerCount < fewestMarkers) continue;
      // The first words of the table behind them may look like some more.
      for (let count = markerCount; count > markerCount - 3; count--) {
        const found = this.#symbolsBefore(markers, count, table);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** How many markers there are at `start`: offsets from 0 on, each that of the 256th name after the last one's. */
  #markers(start: number, end: number): number {
    if (this.#view.getUint32(start, true) !== 0) return 0;
    let last = 0;
    let count = 1;
    for (let at = start + 4; at < end; at += 4, count++) {
      const next = this.#view.getUint32(at, true);
      if (next < last + 2 * markerStep || next > last + largestName * markerStep) break;
      last = next;
    }
    return count;
  }

  /** The symbols whose names lie before the markers. */
  #symbolsBefore(markers: number, markerCount: number, table: readonly string[]): KernelSymbol[] | undefined {
    const view = this.#view;
    const last = view.getUint32(markers + 4 * (markerCount - 1), true);
    // Where the number of symbols before them fits the number of markers, and the first marker is right.
    for (
      let names = (markers - last) & ~7;
      names > 16 && names > markers - last - largestName * markerStep;
      names -= 8
    ) {
      const count = view.getUint32(names - 8, true);
      if (count <= (markerCount - 1) * markerStep || count > markerCount * markerStep) continue;
      const parsed = this.#names(names, count, markers, table);
      if (parsed) return this.#addresses(names - 8, parsed);
    }
    return undefined;
  }

  /** The expanded names, each with its type before it; undefined when they don't agree with the markers. */
  #names(start: number, count: number, markers: number, table: readonly string[]): string[] | undefined {
    const bytes = this.#bytes;
    const names: string[] = [];
    let at = start;
    for (let n = 0; n < count; n++) {
      if (n % markerStep === 0 && this.#view.getUint32(markers + (n / markerStep) * 4, true) !== at - start)
        return undefined;
      let length = bytes[at++]!;
      if (length >= 0x80) length = (length & 0x7f) | (bytes[at++]! << 7);
      let name = "";
      for (let i = 0; i < length; i++) name += table[bytes[at + i]!];
      at += length;
      names.push(name);
    }
    return at <= markers ? names : undefined;
  }

  /** Addresses: offsets from a base, both before the number of symbols. */
  #addresses(countAt: number, names: readonly string[]): KernelSymbol[] | undefined {
    const view = this.#view;
    const baseAt = countAt - 8;
    const base = view.getBigUint64(baseAt, true) || this.#relocated(baseAt);
    const offsets = baseAt - ((names.length * 4 + 7) & ~7);
    if (base === undefined || offsets < 0) return undefined;
    return names.map((name, n) => ({
      type: name[0] ?? "?",
      name: name.slice(1),
      address: BigInt.asUintN(64, base + BigInt(view.getUint32(offsets + 4 * n, true))),
    }));
  }

  /**
   * What the kernel's own relocation will put at an offset of the image: a kernel that can be anywhere holds zero there. Its
   * relocation is the one whose place lies so far behind an aligned start of the image, and whose value lies in the image.
   */
  #relocated(at: number): bigint | undefined {
    const view = this.#view;
    const place = BigInt(at);
    for (let rela = 0; rela + 24 <= this.#bytes.length; rela += 8) {
      if (view.getUint32(rela + 8, true) !== relative || view.getUint32(rela + 12, true) !== 0) continue;
      const addend = view.getBigUint64(rela + 16, true);
      const start = BigInt.asUintN(64, view.getBigUint64(rela, true) - place);
      if (start % imageAlignment !== 0n || addend % textAlignment !== 0n) continue;
      if (addend >= start && addend < start + BigInt(this.#bytes.length)) return addend;
    }
    return undefined;
  }
}

/**
 * The symbols that an arm64 Linux Image (unpacked) has in itself, in the order of addresses; undefined where none can be found.
 * Addresses are those of a kernel that isn't moved (nokaslr).
 */
export function kernelSymbols(image: Uint8Array): KernelSymbol[] | undefined {
  return new Kallsyms(image).read();
}
