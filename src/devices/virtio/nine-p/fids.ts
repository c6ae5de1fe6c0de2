import type { HostDirectoryEntry, HostFile, HostFileSystem, HostOpenOptions } from "../../../ports/index.js";
import { NinePError } from "./messages.js";

/** A guest may hold this many fids; the limit bounds the host's memory. */
const MAX_FIDS = 65536;
/** Open files at a time; the limit stays below what a process commonly may open. */
const MAX_OPEN_FILES = 512;
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;

/** What a guest's number for a file stands for. */
export interface Fid {
  /** Path below the root, as {@link HostFileSystem} wants it. */
  path: string;
  /** Set once the file is open. */
  file?: HostFile;
  openedWith?: HostOpenOptions;
  /** Set once the directory is open; taken anew by each read from offset 0. */
  entries?: readonly HostDirectoryEntry[];
  /** An attribute list fid, which reads as empty. */
  extendedAttributes?: boolean;
}

/** The fids of one session, and the paths they stand for. */
export class FidTable {
  readonly #fids = new Map<number, Fid>();
  #openFiles = 0;

  get(number: number): Fid {
    const fid = this.#fids.get(number);
    if (!fid) throw new NinePError("EBADF");
    return fid;
  }

  add(number: number, fid: Fid): void {
    this.checkFree(number);
    this.#fids.set(number, fid);
  }

  checkFree(number: number): void {
    if (this.#fids.has(number)) throw new NinePError("EINVAL");
    if (this.#fids.size >= MAX_FIDS) throw new NinePError("ENFILE");
  }

  /** Attaches the file that `open` gives. */
  open(fid: Fid, options: HostOpenOptions, open: (options: HostOpenOptions) => HostFile): void {
    if (fid.file || fid.entries) throw new NinePError("EINVAL");
    if (this.#openFiles >= MAX_OPEN_FILES) throw new NinePError("EMFILE");
    fid.file = open(options);
    // What reopens it later must neither truncate it nor insist on making it.
    fid.openedWith = { read: options.read, write: options.write, append: options.append ?? false };
    this.#openFiles++;
  }

  remove(number: number): void {
    const { file } = this.get(number);
    this.#fids.delete(number);
    if (file) {
      this.#openFiles--;
      file.close();
    }
  }

  clear(): void {
    for (const number of [...this.#fids.keys()]) {
      try {
        this.remove(number);
      } catch {
        // A file that fails to close is gone all the same.
      }
    }
  }

  /** After a rename: fids at or below `from` now stand below `to`. */
  moved(from: string, to: string): void {
    for (const fid of this.#fids.values()) {
      if (fid.path === from) fid.path = to;
      else if (fid.path.startsWith(`${from}/`)) fid.path = to + fid.path.slice(from.length);
    }
  }

  /** Everything but the host's handles. */
  save(): readonly (Omit<Fid, "file"> & { number: number })[] {
    return [...this.#fids].map(([number, { file: _, ...rest }]) => ({ number, ...rest }));
  }
}

/** A path's parent; the root is its own. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The path of `name` in the directory `path`, where `name` comes from the guest. Errors are those that QEMU gives. */
export function childOf(path: string, name: string): string {
  if (name === "" || name.includes("/") || name.includes("\0")) throw new NinePError("ENOENT");
  if (name === "." || name === "..") throw new NinePError("EEXIST");
  const child = path === "" ? name : `${path}/${name}`;
  if (byteLength(name) > MAX_NAME_BYTES || byteLength(child) > MAX_PATH_BYTES) throw new NinePError("ENAMETOOLONG");
  return child;
}

/**
 * Makes sure that every directory above `path` still is one. A guest may have put a symbolic link in its place since the
 * fid was made, and the host would follow it out of the root.
 */
export function checkAncestors(files: HostFileSystem, path: string): void {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    if (files.attributes(path.slice(0, slash)).type !== "directory") throw new NinePError("ENOTDIR");
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
