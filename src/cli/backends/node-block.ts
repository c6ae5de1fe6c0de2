import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { BlockBackend } from "../../ports/index.js";

const SECTOR = 512;

/** A raw disk image in a file. */
export class NodeBlockBackend implements BlockBackend {
  readonly size: number;
  readonly readOnly: boolean;
  readonly #path: string;
  readonly #file: number;

  /** Opens the image. Fails with one sentence when it is missing, not a file, empty or not a whole number of sectors. */
  constructor(path: string, options: { readonly readOnly?: boolean } = {}) {
    this.#path = path;
    this.readOnly = options.readOnly ?? false;
    try {
      // Without O_NONBLOCK, opening a FIFO would wait for its other end.
      this.#file = openSync(path, (this.readOnly ? constants.O_RDONLY : constants.O_RDWR) | constants.O_NONBLOCK);
    } catch (error) {
      throw new Error(`cannot open the disk image ${path}: ${reason(error)}`);
    }
    const stat = fstatSync(this.#file);
    const problem = !stat.isFile()
      ? "is not a regular file"
      : stat.size === 0
        ? "is empty"
        : stat.size % SECTOR
          ? `has ${stat.size} bytes, which is not a multiple of ${SECTOR}`
          : undefined;
    if (problem) {
      closeSync(this.#file);
      throw new Error(`the disk image ${path} ${problem}`);
    }
    this.size = stat.size;
  }

  read(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const count = readSync(this.#file, target, done, target.length - done, offset + done);
      if (count === 0) throw new Error(`the disk image ${this.#path} has become shorter than ${this.size} bytes`);
      done += count;
    }
  }

  write(offset: number, source: Uint8Array): void {
    if (this.readOnly) throw new Error(`the disk image ${this.#path} is open read-only`);
    for (let done = 0; done < source.length; ) {
      done += writeSync(this.#file, source, done, source.length - done, offset + done);
    }
  }

  flush(): void {
    if (!this.readOnly) fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "EISDIR":
      return "it is a directory";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
