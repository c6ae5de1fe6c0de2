import type { MmioDevice } from "../../ports/index.js";
import type { PciCapability, PciFunction } from "./pci-function.js";

const CAPABILITY_ID = 0x11;
const ENTRY_BYTES = 16;
const ENTRY_WORDS = ENTRY_BYTES / 4;
const PBA_OFFSET = 0x800;
/** Message Control (PCI Express Base 7.7.2.2). */
const FUNCTION_MASK = 1 << 14;
const ENABLE = 1 << 15;
/** Vector Control (7.7.2.8). */
const MASK = 1;

export interface MsiXState {
  readonly table: Uint32Array;
  readonly pending: Uint32Array;
}

/**
 * MSI-X (PCI Express Base 6.1.4 and 7.7.2): the capability, and a BAR of 4 KB with the vector table and, at 0x800, the
 * pending bits. Vectors that are masked are remembered and sent when they no longer are.
 */
export class MsiX implements MmioDevice {
  readonly name = "msix";
  readonly size = 0x1000;
  readonly vectors: number;
  readonly capability: PciCapability;
  readonly #controlOffset: number;
  readonly #table: Uint32Array;
  readonly #pending: Uint32Array;
  #function: PciFunction | undefined;

  /** `offset` is the capability's place, `bar` the base address register that this device is given. At most 64 vectors. */
  constructor(options: { readonly vectors: number; readonly offset: number; readonly bar: number }) {
    const { vectors, offset, bar } = options;
    if (vectors < 1 || vectors > 64) throw new Error(`MSI-X can't have ${vectors} vectors here`);
    this.vectors = vectors;
    this.#table = new Uint32Array(vectors * ENTRY_WORDS);
    this.#pending = new Uint32Array(2);
    this.#controlOffset = offset + 2;
    this.capability = {
      id: CAPABILITY_ID,
      offset,
      registers: [
        {
          offset: 2,
          size: 2,
          name: "Message Control",
          reset: vectors - 1,
          writable: ENABLE | FUNCTION_MASK,
          written: () => this.#controlWritten(),
        },
        { offset: 4, size: 4, name: "Table Offset/BIR", reset: bar },
        { offset: 8, size: 4, name: "PBA Offset/BIR", reset: PBA_OFFSET | bar },
      ],
    };
    this.reset();
  }

  connect(pciFunction: PciFunction): void {
    this.#function = pciFunction;
  }

  /** While it is, the function doesn't use its interrupt pin. */
  get enabled(): boolean {
    return (this.#control & ENABLE) !== 0;
  }

  /** Sends a vector's message, or remembers it while it is masked. */
  notify(vector: number): void {
    if (!this.enabled || vector >= this.vectors) return;
    if (this.#masked(vector)) this.#pending[vector >> 5]! |= 1 << (vector & 31);
    else this.#send(vector);
  }

  /** Words are all that software may access (7.7.2); a narrower read gives its part. */
  read(offset: number, size: 1 | 2 | 4): number {
    const word = offset >> 2;
    const value =
      this.#table[word] ?? (offset >= PBA_OFFSET ? this.#pending[word - (PBA_OFFSET >> 2)] : undefined) ?? 0;
    return size === 4 ? value : (value >>> (8 * (offset & 3))) & (size === 1 ? 0xff : 0xffff);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const word = offset >> 2;
    if (size !== 4 || word >= this.#table.length) return;
    this.#table[word] = value;
    if (word % ENTRY_WORDS === 3) this.#sendIfUnmasked(Math.floor(word / ENTRY_WORDS));
  }

  reset(): void {
    this.#table.fill(0);
    for (let vector = 0; vector < this.vectors; vector++) this.#table[vector * ENTRY_WORDS + 3] = MASK;
    this.#pending.fill(0);
  }

  save(): MsiXState {
    return { table: this.#table.slice(), pending: this.#pending.slice() };
  }

  restore({ table, pending }: MsiXState): void {
    this.#table.set(table);
    this.#pending.set(pending);
  }

  get #control(): number {
    return this.#function?.configuration.get(this.#controlOffset, 2) ?? 0;
  }

  #masked(vector: number): boolean {
    return (this.#control & FUNCTION_MASK) !== 0 || (this.#table[vector * ENTRY_WORDS + 3]! & MASK) !== 0;
  }

  #controlWritten(): void {
    for (let vector = 0; vector < this.vectors; vector++) this.#sendIfUnmasked(vector);
  }

  #sendIfUnmasked(vector: number): void {
    const bit = 1 << (vector & 31);
    if (!this.enabled || !(this.#pending[vector >> 5]! & bit) || this.#masked(vector)) return;
    this.#pending[vector >> 5]! &= ~bit;
    this.#send(vector);
  }

  #send(vector: number): void {
    const at = vector * ENTRY_WORDS;
    const address = this.#table[at]! - (this.#table[at]! & 3) + this.#table[at + 1]! * 2 ** 32;
    this.#function?.sendMessage(address, this.#table[at + 2]!);
  }
}
