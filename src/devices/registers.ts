import type { Log } from "../ports/index.js";

export type RegisterAccess = "RO" | "RW" | "WO";

/**
 * One memory-mapped register of a device of type `Device`. Tables of these are what the device's reads and writes go
 * through and what its documentation is made from.
 */
export interface Register<Device> {
  /** Byte offset, a multiple of 4. */
  readonly offset: number;
  /** Name in the device's manual. */
  readonly name: string;
  readonly access: RegisterAccess;
  /** What a read gives after reset; for WO registers, 0. */
  readonly reset: number;
  /** Bits that exist. The others are reserved: read as zero, writes ignored. */
  readonly bits: number;
  readonly purpose: string;
  /** Words in a register array; 1 when absent. */
  readonly count?: number;
  /** Value now; `index` is the word within a register array. Absent: the reset value always. */
  readonly read?: (device: Device, index: number) => number;
  /** `value` has reserved bits cleared. Absent on a RW register: writes are accepted and have no effect. */
  readonly write?: (device: Device, value: number, index: number) => void;
}

/** Identification registers (PeriphID, PCellID): one byte in each of a run of words. */
export function identification(
  offset: number,
  names: readonly string[],
  bytes: readonly number[],
): Register<unknown>[] {
  return names.map((name, index) => ({
    offset: offset + 4 * index,
    name,
    access: "RO",
    reset: bytes[index] ?? 0,
    bits: 0xff,
    purpose: "Identification",
  }));
}

export const PRIMECELL_ID_NAMES: readonly string[] = [
  "PeriphID0",
  "PeriphID1",
  "PeriphID2",
  "PeriphID3",
  "PCellID0",
  "PCellID1",
  "PCellID2",
  "PCellID3",
];

/**
 * Decodes accesses to a device's registers. Narrow accesses reach the word they lie in, as on an APB bus without byte
 * strobes: a read gives the addressed bytes of the register, a write puts zeros into the bytes not addressed.
 */
export class RegisterBlock<Device> {
  readonly #device: string;
  readonly #table: (Register<Device> | undefined)[] = [];
  readonly #log: Log;

  constructor(device: string, registers: readonly Register<Device>[], log: Log) {
    this.#device = device;
    this.#log = log;
    for (const register of registers) {
      for (let index = 0; index < (register.count ?? 1); index++) {
        const word = (register.offset >> 2) + index;
        const other = this.#table[word];
        if (register.offset & 3 || other) {
          throw new Error(`${device}: register ${register.name} is unaligned or overlaps ${other?.name}`);
        }
        this.#table[word] = register;
      }
    }
  }

  read(device: Device, offset: number, size: 1 | 2 | 4): number {
    const register = this.#table[offset >> 2];
    if (!register || register.access === "WO") {
      this.#complain("read from", register, offset);
      return 0;
    }
    const index = (offset - register.offset) >> 2;
    const value = register.read ? (register.read(device, index) & register.bits) >>> 0 : register.reset;
    return size === 4 ? value : (value >>> (8 * (offset & 3))) & (size === 1 ? 0xff : 0xffff);
  }

  write(device: Device, offset: number, size: 1 | 2 | 4, value: number): void {
    const register = this.#table[offset >> 2];
    if (!register || register.access === "RO") {
      this.#complain("write to", register, offset);
      return;
    }
    const word = size === 4 ? value : value << (8 * (offset & 3));
    register.write?.(device, (word & register.bits) >>> 0, (offset - register.offset) >> 2);
  }

  #complain(what: string, register: Register<Device> | undefined, offset: number): void {
    if (!this.#log.enabled("guest")) return;
    const name = register ? `${register.access} register ${register.name}` : "no register";
    this.#log.write("guest", `${this.#device}: ${what} ${name} at offset 0x${offset.toString(16)}`);
  }
}

/** A register table as a Markdown table with aligned columns, for the documentation. */
export function describeRegisters<Device>(registers: readonly Register<Device>[]): string {
  const hex = (value: number) => `0x${value.toString(16).padStart(3, "0")}`;
  const rows = [...registers]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, name, access, reset, bits, purpose, count }) => {
      const end = count ? `-${hex(offset + 4 * count - 4)}` : "";
      return [hex(offset) + end, name, access, hex(reset), hex(bits), purpose];
    });
  const titles = ["Offset", "Name", "Access", "Reset", "Bits", "Purpose"];
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [titles, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}
