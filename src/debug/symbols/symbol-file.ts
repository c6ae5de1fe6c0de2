import type { KernelSymbol } from "./kallsyms.js";

/** ELF64 (System V ABI; ELF for the Arm 64-bit Architecture, IHI 0056). */
const headerSize = 64;
const sectionSize = 64;
const symbolSize = 24;
const SectionType = { null: 0, symbols: 2, strings: 3, noBits: 8 } as const;
const SectionFlag = { write: 1, allocate: 2, execute: 4 } as const;
const SymbolType = { object: 1, function: 2 } as const;
const executable = 2;
const aarch64 = 183;
const globalBinding = 1;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly size: bigint;
  readonly content?: Uint8Array;
  readonly link?: number;
  readonly info?: number;
  readonly entrySize?: number;
}

class Strings {
  readonly #places = new Map<string, number>();
  readonly #bytes: number[] = [0];

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const at = this.#bytes.length;
    this.#places.set(text, at);
    for (const byte of new TextEncoder().encode(text)) this.#bytes.push(byte);
    this.#bytes.push(0);
    return at;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** An ELF file that holds symbols and nothing else: what GDB's `file` and `add-symbol-file` read. Code is what nm calls t, T, w or W. */
export function symbolFile(symbols: readonly KernelSymbol[]): Uint8Array {
  const isCode = ({ type }: KernelSymbol): boolean => /[tTwW]/.test(type);
  const strings = new Strings();
  const table = new Uint8Array((symbols.length + 1) * symbolSize);
  const view = new DataView(table.buffer);
  const ordered = [...symbols].sort((a, b) => Number(isGlobal(a)) - Number(isGlobal(b)));
  for (const [i, symbol] of ordered.entries()) {
    const at = (i + 1) * symbolSize;
    view.setUint32(at, strings.place(symbol.name), true);
    const binding = isGlobal(symbol) ? globalBinding : 0;
    view.setUint8(at + 4, (binding << 4) | (isCode(symbol) ? SymbolType.function : SymbolType.object));
    view.setUint16(at + 6, isCode(symbol) ? 1 : 2, true);
    view.setBigUint64(at + 8, symbol.address, true);
  }
  const sections: readonly Section[] = [
    { name: "", type: SectionType.null, flags: 0, address: 0n, size: 0n },
    {
      name: ".text",
      type: SectionType.noBits,
      flags: SectionFlag.allocate | SectionFlag.execute,
      ...extent(symbols.filter(isCode)),
    },
    {
      name: ".data",
      type: SectionType.noBits,
      flags: SectionFlag.allocate | SectionFlag.write,
      ...extent(symbols.filter((symbol) => !isCode(symbol))),
    },
    {
      ...{
        name: ".symtab",
        type: SectionType.symbols,
        flags: 0,
        address: 0n,
        size: BigInt(table.length),
        content: table,
      },
      ...{ link: 4, info: ordered.filter((symbol) => !isGlobal(symbol)).length + 1, entrySize: symbolSize },
    },
    {
      name: ".strtab",
      type: SectionType.strings,
      flags: 0,
      address: 0n,
      size: BigInt(strings.bytes.length),
      content: strings.bytes,
    },
  ];
  return layOut(sections);
}

function isGlobal({ type }: KernelSymbol): boolean {
  return type === type.toUpperCase();
}

function extent(symbols: readonly KernelSymbol[]): { address: bigint; size: bigint } {
  let first = 2n ** 64n;
  let last = 0n;
  for (const { address } of symbols) {
    if (address < first) first = address;
    if (address > last) last = address;
  }
  return symbols.length === 0 ? { address: 0n, size: 0n } : { address: first, size: last - first + 4n };
}

function layOut(sections: readonly Section[]): Uint8Array {
  const names = new Strings();
  const places = sections.map(({ name }) => names.place(name));
  const all: readonly Section[] = [
    ...sections,
    { name: ".shstrtab", type: SectionType.strings, flags: 0, address: 0n, size: 0n },
  ];
  places.push(names.place(".shstrtab"));
  const contents = all.map(({ content }, n) => (n === all.length - 1 ? names.bytes : content));
  let end = headerSize + all.length * sectionSize;
  const offsets = contents.map((content) => {
    const at = end;
    end += ((content?.length ?? 0) + 7) & ~7;
    return at;
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, executable, true);
  view.setUint16(18, aarch64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(headerSize), true);
  view.setUint16(52, headerSize, true);
  view.setUint16(58, sectionSize, true);
  view.setUint16(60, all.length, true);
  view.setUint16(62, all.length - 1, true);
  for (const [n, section] of all.entries()) {
    const at = headerSize + n * sectionSize;
    const content = contents[n];
    view.setUint32(at, places[n]!, true);
    view.setUint32(at + 4, section.type, true);
    view.setBigUint64(at + 8, BigInt(section.flags), true);
    view.setBigUint64(at + 16, section.address, true);
    view.setBigUint64(at + 24, BigInt(offsets[n]!), true);
    view.setBigUint64(at + 32, content ? BigInt(content.length) : section.size, true);
    view.setUint32(at + 40, section.link ?? 0, true);
    view.setUint32(at + 44, section.info ?? 0, true);
    view.setBigUint64(at + 48, 1n, true);
    view.setBigUint64(at + 56, BigInt(section.entrySize ?? 0), true);
    if (content) bytes.set(content, offsets[n]!);
  }
  return bytes;
}
