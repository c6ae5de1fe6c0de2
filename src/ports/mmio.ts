/**
 * A memory-mapped device. Accesses are little-endian, naturally aligned, and lie inside `size`; the bus splits or
 * refuses anything else. `size` of an access is in bytes.
 */
export interface MmioDevice {
  /** Short name for `info mtree` and logs, as QEMU spells it ("pl011"). */
  readonly name: string;
  /** Bytes of address space. */
  readonly size: number;
  /** Returns an unsigned value of `size` bytes. */
  read(offset: number, size: 1 | 2 | 4): number;
  /** `value` is unsigned and fits `size` bytes. */
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  /** 64-bit accesses; a device without these gets two 32-bit accesses, low word first. */
  read64?(offset: number): bigint;
  write64?(offset: number, value: bigint): void;
}
