/** A device's way to guest-physical memory. Addresses are exact JavaScript numbers (below 2^53). */
export interface Dma {
  /** Copies `target.length` bytes from guest memory; false (target undefined) when any byte lies outside RAM. */
  read(address: number, target: Uint8Array): boolean;
  /** Copies `source` into guest memory, invalidating code translated from it; false when any byte lies outside RAM. */
  write(address: number, source: Uint8Array): boolean;
}
