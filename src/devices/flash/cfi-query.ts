/** How a bank is made of flash chips: what its CFI query answers. Sizes are bytes. */
export interface FlashGeometry {
  readonly size: number;
  /** What one erase command erases, over all chips of the bank. */
  readonly blockSize: number;
  /** Bytes of the bus that the bank takes, and that one chip of it takes. */
  readonly bankWidth: number;
  readonly chipWidth: number;
}

/** log2 of the bytes that one chip's write buffer holds. */
const writeBufferShift = 11;
const tableSize = 0x52;

/**
 * What each chip of the bank answers to a CFI query, by chip address (JESD68.01 for 10h to 30h; from 31h Intel's
 * extended query). The values are those of QEMU's `virt` board; times and voltages mean nothing here.
 */
export function cfiQueryTable(geometry: FlashGeometry): Uint8Array {
  const chips = geometry.bankWidth / geometry.chipWidth;
  const blocks = geometry.size / geometry.blockSize;
  const blockSize = geometry.blockSize / chips;
  const chipSize = geometry.size / chips;
  const table = new Uint8Array(tableSize);
  const ascii = (at: number, text: string): void => table.set(new TextEncoder().encode(text), at);
  const halfword = (at: number, value: number): void => table.set([value & 0xff, value >> 8], at);
  ascii(0x10, "QRY");
  halfword(0x13, 1); // Intel/Sharp extended command set
  halfword(0x15, 0x31); // where its table begins
  table.set([0x45, 0x55], 0x1b); // Vcc from 4.5 V to 5.5 V
  table.set([7, 7, 10, 0], 0x1f); // typical times: word, buffer (2^n us), block erase (2^n ms), no chip erase
  table.set([4, 4, 4, 0], 0x23); // the longest, as multiples 2^n of these
  table[0x27] = Math.log2(chipSize);
  halfword(0x28, 2); // x8 and x16
  halfword(0x2a, writeBufferShift);
  table[0x2c] = 1; // one region of erase blocks
  halfword(0x2d, blocks - 1);
  halfword(0x2f, blockSize >> 8);
  ascii(0x31, "PRI10");
  table[0x3f] = 1; // protection fields
  return table;
}

/** Bytes of the bank's write buffer, all chips together. */
export function writeBufferSize(geometry: FlashGeometry): number {
  return 2 ** writeBufferShift * (geometry.bankWidth / geometry.chipWidth);
}
