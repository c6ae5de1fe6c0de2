import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import {
  HOST_ERROR_CODES,
  type HostAttributeChanges,
  type HostDirectoryEntry,
  type HostErrorCode,
  type HostFile,
  type HostFileAttributes,
  type HostFileSystem,
  HostFileSystemError,
  type HostFileSystemStatistics,
  type HostFileType,
  type HostOpenOptions,
} from "../../ports/index.js";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;

/** A folder of the host, for virtio-9p. Read-only unless asked. */
export class NodeFileSystem implements HostFileSystem {
  readonly readOnly: boolean;
  readonly #root: string;

  /** Fails with one sentence when `root` is not a folder. */
  constructor(root: string, options: { readonly readOnly?: boolean } = {}) {
    this.readOnly = options.readOnly ?? true;
    let real: string;
    try {
      real = fs.realpathSync(root);
    } catch {
      throw new Error(`the shared folder ${root} does not exist or cannot be reached`);
    }
    if (!fs.statSync(real).isDirectory()) throw new Error(`the shared folder ${root} is not a folder`);
    this.#root = real;
  }

  attributes(path: string): HostFileAttributes {
    return describe(attempt(() => fs.lstatSync(this.#host(path), { bigint: true })));
  }

  list(path: string): readonly HostDirectoryEntry[] {
    const entries: HostDirectoryEntry[] = [];
    const names = attempt(() => fs.readdirSync(this.#host(path))).sort();
    for (const name of names) {
      try {
        const { type, inode } = this.attributes(path === "" ? name : `${path}/${name}`);
        entries.push({ name, type, inode });
      } catch (error) {
        // Removed by someone else in the meantime, or a name that is not UTF-8 and so cannot be said.
        if (!(error instanceof HostFileSystemError && error.code === "ENOENT")) throw error;
      }
    }
    return entries;
  }

  readLink(path: string): string {
    return attempt(() => fs.readlinkSync(this.#host(path)));
  }

  open(path: string, options: HostOpenOptions): HostFile {
    if (options.write || options.truncate || options.create !== undefined) this.#checkWritable(path);
    const flags =
      // O_NONBLOCK: opening a FIFO must not wait.
      O_NOFOLLOW |
      O_NONBLOCK |
      (options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY) |
      (options.append ? O_APPEND : 0) |
      (options.truncate ? O_TRUNC : 0) |
      (options.create !== undefined ? O_CREAT : 0) |
      (options.create !== undefined && options.exclusive ? O_EXCL : 0);
    const descriptor = attempt(() => fs.openSync(this.#host(path), flags, options.create));
    return new NodeFile(descriptor, options.append ?? false);
  }

  statistics(): HostFileSystemStatistics {
    const s = attempt(() => fs.statfsSync(this.#root, { bigint: true }));
    return {
      blockSize: Number(s.bsize),
      blocks: s.blocks,
      freeBlocks: s.bfree,
      availableBlocks: s.bavail,
      files: s.files,
      freeFiles: s.ffree,
      nameLength: 255,
    };
  }

  makeDirectory(path: string, permissions: number): void {
    this.#checkWritable(path);
    attempt(() => fs.mkdirSync(this.#host(path), permissions));
  }

  makeNode(path: string, type: HostFileType, permissions: number): void {
    this.#checkWritable(path);
    if (type !== "fifo")
      throw new HostFileSystemError("EOPNOTSUPP", `"${path}": a ${type} cannot be made on this host`);
    if (fs.lstatSync(this.#host(path), { throwIfNoEntry: false })) throw new HostFileSystemError("EEXIST", `"${path}"`);
    // Node has no mkfifo(2).
    attempt(() => execFileSync("mkfifo", ["-m", permissions.toString(8), "--", this.#host(path)], { stdio: "ignore" }));
  }

  makeSymbolicLink(path: string, target: string): void {
    this.#checkWritable(path);
    attempt(() => fs.symlinkSync(target, this.#host(path)));
  }

  makeLink(existing: string, path: string): void {
    this.#checkWritable(path);
    attempt(() => fs.linkSync(this.#host(existing), this.#host(path)));
  }

  removeFile(path: string): void {
    this.#checkWritable(path);
    attempt(() => fs.unlinkSync(this.#host(path)));
  }

  removeDirectory(path: string): void {
    this.#checkWritable(path);
    attempt(() => fs.rmdirSync(this.#host(path)));
  }

  rename(from: string, to: string): void {
    this.#checkWritable(from);
    attempt(() => fs.renameSync(this.#host(from), this.#host(to)));
  }

  setAttributes(path: string, changes: HostAttributeChanges): void {
    this.#checkWritable(path);
    const host = this.#host(path);
    attempt(() => {
      const stat = fs.lstatSync(host, { bigint: true });
      if (changes.userId !== undefined || changes.groupId !== undefined) {
        fs.lchownSync(host, changes.userId ?? Number(stat.uid), changes.groupId ?? Number(stat.gid));
      }
      // Linux has no modes for symbolic links, and chmod(2) would follow one.
      if (changes.permissions !== undefined && stat.isSymbolicLink())
        throw new HostFileSystemError("EOPNOTSUPP", `"${path}"`);
      if (changes.permissions !== undefined) fs.chmodSync(host, changes.permissions);
      if (changes.size !== undefined) {
        const file = fs.openSync(host, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
        try {
          fs.ftruncateSync(file, changes.size);
        } finally {
          fs.closeSync(file);
        }
      }
      if (changes.accessTime !== undefined || changes.modificationTime !== undefined) {
        fs.lutimesSync(
          host,
          seconds(changes.accessTime, stat.atimeNs),
          seconds(changes.modificationTime, stat.mtimeNs),
        );
      }
    });
  }

  #host(path: string): string {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #checkWritable(path: string): void {
    if (this.readOnly) throw new HostFileSystemError("EROFS", `"${path}"`);
  }
}

class NodeFile implements HostFile {
  readonly #descriptor: number;
  readonly #append: boolean;

  constructor(descriptor: number, append: boolean) {
    this.#descriptor = descriptor;
    this.#append = append;
  }

  read(position: number, target: Uint8Array): number {
    return attempt(() => fs.readSync(this.#descriptor, target, 0, target.length, position));
  }

  write(position: number, source: Uint8Array): number {
    return attempt(() => fs.writeSync(this.#descriptor, source, 0, source.length, this.#append ? null : position));
  }

  attributes(): HostFileAttributes {
    return describe(attempt(() => fs.fstatSync(this.#descriptor, { bigint: true })));
  }

  setSize(size: number): void {
    attempt(() => fs.ftruncateSync(this.#descriptor, size));
  }

  sync(): void {
    attempt(() => fs.fsyncSync(this.#descriptor));
  }

  close(): void {
    attempt(() => fs.closeSync(this.#descriptor));
  }
}

function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof HostFileSystemError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Linux's ENOTSUP and EOPNOTSUPP are one number; Node says the former.
    const name = code === "ENOTSUP" ? "EOPNOTSUPP" : code;
    const known = HOST_ERROR_CODES.find((candidate): candidate is HostErrorCode => candidate === name);
    throw new HostFileSystemError(known ?? "EIO", error instanceof Error ? error.message : String(error));
  }
}

function typeOf(stat: fs.BigIntStats): HostFileType {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symbolic-link";
  if (stat.isCharacterDevice()) return "character-device";
  if (stat.isBlockDevice()) return "block-device";
  return stat.isFIFO() ? "fifo" : "socket";
}

function describe(stat: fs.BigIntStats): HostFileAttributes {
  return {
    type: typeOf(stat),
    inode: stat.ino,
    permissions: Number(stat.mode & 0o7777n),
    links: Number(stat.nlink),
    userId: Number(stat.uid),
    groupId: Number(stat.gid),
    // glibc's gnu_dev_major and gnu_dev_minor.
    deviceMajor: Number(((stat.rdev >> 8n) & 0xfffn) | ((stat.rdev >> 32n) & ~0xfffn)),
    deviceMinor: Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & ~0xffn)),
    size: Number(stat.size),
    blockSize: Number(stat.blksize),
    blocks: Number(stat.blocks),
    accessTime: stat.atimeNs,
    modificationTime: stat.mtimeNs,
    changeTime: stat.ctimeNs,
  };
}

/**
 * What lutimes takes: seconds with a fraction, which Node cuts down to whole microseconds. The half microsecond added
 * keeps rounding from losing one more.
 */
function seconds(change: bigint | "now" | undefined, present: bigint): number {
  if (change === "now") return Date.now() / 1000;
  const microseconds = (change ?? present) / 1000n;
  return (Number(microseconds) + 0.5) / 1e6;
}
