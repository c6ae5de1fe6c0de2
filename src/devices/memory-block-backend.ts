import type { BlockBackend } from "../ports/index.js";

/** A disk held in memory. */
export class MemoryBlockBackend implements BlockBackend {
  readonly size: number;
  readonly readOnly: boolean;
  readonly #bytes: Uint8Array;

  /** `bytes` is the disk itself, not a copy; its length must be a multiple of 512. */
  constructor(bytes: Uint8Array, readOnly = false) {
    if (bytes.length % 512)
      throw new Error(`a disk of ${bytes.length} bytes is not a whole number of 512-byte sectors`);
    this.#bytes = bytes;
    this.size = bytes.length;
    this.readOnly = readOnly;
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  write(offset: number, source: Uint8Array): void {
    if (this.readOnly) throw new Error("the disk is read-only");
    this.#bytes.set(source, offset);
  }

  flush(): void {}
}
