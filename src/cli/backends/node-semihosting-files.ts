import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { isatty } from "node:tty";
import type { SemihostingFile, SemihostingFiles } from "../../ports/index.js";

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND } = constants;

/** open(2)'s flags by half the mode (SYS_OPEN in "Semihosting for AArch32 and AArch64"): r, r+, w, w+, a, a+; b says nothing. */
const openFlags = [
  O_RDONLY,
  O_RDWR,
  O_WRONLY | O_CREAT | O_TRUNC,
  O_RDWR | O_CREAT | O_TRUNC,
  O_WRONLY | O_CREAT | O_APPEND,
  O_RDWR | O_CREAT | O_APPEND,
] as const;

/** Permissions of files that guests make, less the process's umask. */
const newFilePermissions = 0o644;

/**
 * The host's files for semihosting, as QEMU offers them: any that this process may open, relative names from its working
 * directory. Failures throw Node's errors, whose `code` is the errno name.
 */
export const nodeSemihostingFiles: SemihostingFiles = {
  open(name, mode) {
    return new NodeSemihostingFile(name, openFlags[mode >> 1]!);
  },
  // As ISO C's remove, which QEMU calls.
  remove(name) {
    if (lstatSync(name).isDirectory()) rmdirSync(name);
    else unlinkSync(name);
  },
  rename(from, to) {
    renameSync(from, to);
  },
};

class NodeSemihostingFile implements SemihostingFile {
  readonly interactive: boolean;
  readonly #descriptor: number;
  readonly #appends: boolean;
  /** Pipes and terminals have no positions. */
  readonly #seekable: boolean;
  #position = 0;

  constructor(name: string, flags: number) {
    this.#descriptor = openSync(name, flags, newFilePermissions);
    this.#appends = (flags & O_APPEND) !== 0;
    const status = fstatSync(this.#descriptor);
    this.#seekable = status.isFile() || status.isDirectory() || status.isBlockDevice();
    this.interactive = isatty(this.#descriptor);
  }

  get length(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array): number {
    const count = readSync(this.#descriptor, target, 0, target.length, this.#seekable ? this.#position : null);
    this.#position += count;
    return count;
  }

  write(source: Uint8Array): number {
    const place = this.#seekable && !this.#appends ? this.#position : null;
    const count = writeSync(this.#descriptor, source, 0, source.length, place);
    this.#position = this.#appends && this.#seekable ? this.length : this.#position + count;
    return count;
  }

  seek(position: number): void {
    if (!this.#seekable) throw Object.assign(new Error("not a file with positions"), { code: "ESPIPE" });
    this.#position = position;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
