/**
 * One register of a function's configuration space. Tables of these say everything about it: what reads give after
 * reset, and what writes change.
 */
export interface ConfigurationRegister {
  /** Byte offset, a multiple of `size`. */
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  /** Name in the PCI Express Base Specification, or in virtio's. */
  readonly name: string;
  /** What a read gives after reset; 0 when absent. */
  readonly reset?: number;
  /** Bits that writes change; none when absent. */
  readonly writable?: number;
  /** Called after a write that touched the register. */
  readonly written?: () => void;
  /** Called before a read that touches the register. */
  readonly beforeRead?: () => void;
}

/** Bytes of a conventional function's configuration space, as those of QEMU's root bus have. */
export const CONFIGURATION_BYTES = 256;

/** A function's configuration space (PCI Express Base 7.5.1): registers at their offsets, zeros elsewhere. */
export class ConfigurationSpace {
  readonly #registers: readonly ConfigurationRegister[];
  readonly #bytes = new Uint8Array(CONFIGURATION_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #writable = new Uint8Array(CONFIGURATION_BYTES);
  /** By byte: the register there that wants to know of accesses. */
  readonly #watched: (ConfigurationRegister | undefined)[] = [];

  /** Throws when registers overlap or lie at offsets that aren't their size's. */
  constructor(registers: readonly ConfigurationRegister[]) {
    this.#registers = registers;
    const taken: (string | undefined)[] = [];
    for (const register of registers) {
      const { offset, size, name, writable = 0 } = register;
      if (offset % size !== 0 || offset + size > CONFIGURATION_BYTES)
        throw new Error(`configuration register ${name} can't be at 0x${offset.toString(16)}`);
      for (let i = 0; i < size; i++) {
        if (taken[offset + i]) throw new Error(`configuration registers ${name} and ${taken[offset + i]} overlap`);
        taken[offset + i] = name;
        this.#writable[offset + i] = (writable >>> (8 * i)) & 0xff;
        if (register.written ?? register.beforeRead) this.#watched[offset + i] = register;
      }
    }
    this.reset();
  }

  /** Back to the table's values; nobody is told. */
  reset(): void {
    this.#bytes.fill(0);
    for (const { offset, size, reset = 0 } of this.#registers) this.set(offset, size, reset);
  }

  /** What a guest's read gives. `offset` is a multiple of `size`. */
  read(offset: number, size: 1 | 2 | 4): number {
    for (const register of this.#touched(offset, size)) register.beforeRead?.();
    return this.get(offset, size);
  }

  /** What a guest's write does: changes the bits that can be written, and tells those who want to know. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) {
      const mask = this.#writable[offset + i]!;
      this.#bytes[offset + i] = (this.#bytes[offset + i]! & ~mask) | ((value >>> (8 * i)) & mask);
    }
    for (const register of this.#touched(offset, size)) register.written?.();
  }

  /** The value as it stands. */
  get(offset: number, size: 1 | 2 | 4): number {
    if (size === 1) return this.#bytes[offset]!;
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  /** Sets all bits, those included that a guest can't write. */
  set(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 1) this.#bytes[offset] = value;
    else if (size === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint32(offset, value, true);
  }

  save(): Uint8Array {
    return this.#bytes.slice();
  }

  restore(bytes: Uint8Array): void {
    this.#bytes.set(bytes);
  }

  #touched(offset: number, size: number): ReadonlySet<ConfigurationRegister> {
    const found = new Set<ConfigurationRegister>();
    for (let i = offset; i < offset + size; i++) {
      const register = this.#watched[i];
      if (register) found.add(register);
    }
    return found;
  }
}
