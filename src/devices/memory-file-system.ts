import {
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
} from "../ports/index.js";

const BLOCK = 4096;

interface Node {
  readonly type: HostFileType;
  readonly inode: bigint;
  permissions: number;
  userId: number;
  groupId: number;
  links: number;
  /** A file's contents; `size` of them count. */
  bytes: Uint8Array;
  size: number;
  readonly children: Map<string, Node>;
  readonly target: string;
  accessTime: bigint;
  modificationTime: bigint;
  changeTime: bigint;
}

export interface MemoryFileSystemOptions {
  readonly readOnly?: boolean;
  /** Most bytes that all files together may hold; 256 MiB by default. */
  readonly capacity?: number;
  /** Nanoseconds since 1970, for time stamps; always 0 by default. */
  readonly now?: () => bigint;
}

/** A folder that exists in memory only: for a browser, and for tests. */
export class MemoryFileSystem implements HostFileSystem {
  readonly readOnly: boolean;
  readonly #capacity: number;
  readonly #now: () => bigint;
  #used = 0;
  #nextInode = 1n;
  readonly #root: Node;

  constructor(options: MemoryFileSystemOptions = {}) {
    this.readOnly = options.readOnly ?? false;
    this.#capacity = options.capacity ?? 256 * 1024 * 1024;
    this.#now = options.now ?? (() => 0n);
    this.#root = this.#node("directory", 0o755);
  }

  /** Puts a file there before the machine starts, making directories as needed, read-only or not. */
  addFile(path: string, contents: Uint8Array, permissions = 0o644): void {
    const names = path.split("/");
    const last = names.pop()!;
    let at = this.#root;
    for (const name of names) {
      let next = at.children.get(name);
      if (!next) at.children.set(name, (next = this.#node("directory", 0o755)));
      at = next;
    }
    const node = this.#node("file", permissions);
    node.bytes = contents.slice();
    node.size = contents.length;
    this.#used += contents.length;
    at.children.set(last, node);
  }

  attributes(path: string): HostFileAttributes {
    return describe(this.#find(path));
  }

  list(path: string): readonly HostDirectoryEntry[] {
    const node = this.#find(path);
    if (node.type !== "directory") fail("ENOTDIR", path);
    return [...node.children].map(([name, { type, inode }]) => ({ name, type, inode }));
  }

  readLink(path: string): string {
    const node = this.#find(path);
    if (node.type !== "symbolic-link") fail("EINVAL", path);
    return node.target;
  }

  open(path: string, options: HostOpenOptions): HostFile {
    const { directory, name } = this.#place(path);
    let node = directory.children.get(name);
    if (node && options.create !== undefined && options.exclusive) fail("EEXIST", path);
    if (!node) {
      if (options.create === undefined) fail("ENOENT", path);
      node = this.#add(path, "file", options.create);
    }
    if (node.type === "directory") fail("EISDIR", path);
    if (node.type === "symbolic-link") fail("ELOOP", path);
    if (options.write || options.truncate) this.#checkWritable(path);
    if (options.truncate) this.#resize(node, 0, path);
    return this.#handle(node, options, path);
  }

  statistics(): HostFileSystemStatistics {
    const free = BigInt(Math.floor((this.#capacity - this.#used) / BLOCK));
    return {
      blockSize: BLOCK,
      blocks: BigInt(Math.floor(this.#capacity / BLOCK)),
      freeBlocks: free,
      availableBlocks: free,
      files: this.#nextInode - 1n,
      freeFiles: 1n << 20n,
      nameLength: 255,
    };
  }

  makeDirectory(path: string, permissions: number): void {
    this.#add(path, "directory", permissions);
  }

  makeNode(path: string, type: HostFileType, permissions: number): void {
    if (type !== "fifo" && type !== "socket") fail("EPERM", path);
    this.#add(path, type, permissions);
  }

  makeSymbolicLink(path: string, target: string): void {
    this.#add(path, "symbolic-link", 0o777, target);
  }

  makeLink(existing: string, path: string): void {
    this.#checkWritable(path);
    const node = this.#find(existing);
    if (node.type === "directory") fail("EPERM", existing);
    const { directory, name } = this.#place(path);
    if (directory.children.has(name)) fail("EEXIST", path);
    directory.children.set(name, node);
    node.links++;
    this.#touch(directory);
  }

  removeFile(path: string): void {
    this.#checkWritable(path);
    const { directory, name } = this.#place(path);
    const node = directory.children.get(name);
    if (!node) fail("ENOENT", path);
    if (node.type === "directory") fail("EISDIR", path);
    directory.children.delete(name);
    this.#unlink(node);
    this.#touch(directory);
  }

  removeDirectory(path: string): void {
    this.#checkWritable(path);
    const { directory, name } = this.#place(path);
    const node = directory.children.get(name);
    if (!node) fail("ENOENT", path);
    if (node.type !== "directory") fail("ENOTDIR", path);
    if (node.children.size > 0) fail("ENOTEMPTY", path);
    directory.children.delete(name);
    this.#touch(directory);
  }

  rename(from: string, to: string): void {
    this.#checkWritable(from);
    const source = this.#place(from);
    const node = source.directory.children.get(source.name);
    if (!node) fail("ENOENT", from);
    if (to.startsWith(`${from}/`)) fail("EINVAL", to);
    const target = this.#place(to);
    const replaced = target.directory.children.get(target.name);
    if (replaced === node) return;
    if (replaced) {
      if (replaced.type === "directory") {
        if (node.type !== "directory") fail("EISDIR", to);
        if (replaced.children.size > 0) fail("ENOTEMPTY", to);
      } else {
        if (node.type === "directory") fail("ENOTDIR", to);
        this.#unlink(replaced);
      }
    }
    source.directory.children.delete(source.name);
    target.directory.children.set(target.name, node);
    this.#touch(source.directory);
    this.#touch(target.directory);
  }

  setAttributes(path: string, changes: HostAttributeChanges): void {
    this.#checkWritable(path);
    const node = this.#find(path);
    if (changes.size !== undefined) {
      if (node.type !== "file") fail(node.type === "directory" ? "EISDIR" : "EINVAL", path);
      this.#resize(node, changes.size, path);
    }
    if (changes.permissions !== undefined) node.permissions = changes.permissions;
    if (changes.userId !== undefined) node.userId = changes.userId;
    if (changes.groupId !== undefined) node.groupId = changes.groupId;
    const now = this.#now();
    if (changes.accessTime !== undefined) node.accessTime = changes.accessTime === "now" ? now : changes.accessTime;
    if (changes.modificationTime !== undefined) {
      node.modificationTime = changes.modificationTime === "now" ? now : changes.modificationTime;
    }
    node.changeTime = now;
  }

  #node(type: HostFileType, permissions: number, target = ""): Node {
    const now = this.#now();
    return {
      type,
      inode: this.#nextInode++,
      permissions,
      userId: 0,
      groupId: 0,
      links: type === "directory" ? 2 : 1,
      bytes: new Uint8Array(0),
      size: 0,
      children: new Map(),
      target,
      accessTime: now,
      modificationTime: now,
      changeTime: now,
    };
  }

  #find(path: string): Node {
    let node = this.#root;
    if (path === "") return node;
    for (const name of path.split("/")) {
      if (node.type !== "directory") fail("ENOTDIR", path);
      const next = node.children.get(name);
      if (!next) fail("ENOENT", path);
      node = next;
    }
    return node;
  }

  #place(path: string): { directory: Node; name: string } {
    if (path === "") fail("EBUSY", path);
    const slash = path.lastIndexOf("/");
    const directory = this.#find(slash < 0 ? "" : path.slice(0, slash));
    if (directory.type !== "directory") fail("ENOTDIR", path);
    return { directory, name: path.slice(slash + 1) };
  }

  #add(path: string, type: HostFileType, permissions: number, target?: string): Node {
    this.#checkWritable(path);
    const { directory, name } = this.#place(path);
    if (directory.children.has(name)) fail("EEXIST", path);
    const node = this.#node(type, permissions, target);
    directory.children.set(name, node);
    this.#touch(directory);
    return node;
  }

  #unlink(node: Node): void {
    node.links--;
    // An open handle keeps the contents, which then no longer count.
    if (node.links === 0) this.#used -= node.size;
  }

  #touch(node: Node): void {
    node.modificationTime = node.changeTime = this.#now();
  }

  #resize(node: Node, size: number, path: string): void {
    const counted = node.links > 0 ? size - node.size : 0;
    if (size > this.#capacity || this.#used + counted > this.#capacity) fail("ENOSPC", path);
    if (size > node.bytes.length) {
      const grown = new Uint8Array(Math.max(size, Math.min(2 * node.bytes.length, this.#capacity)));
      grown.set(node.bytes.subarray(0, node.size));
      node.bytes = grown;
    } else if (size < node.size) node.bytes.fill(0, size, node.size);
    node.size = size;
    this.#used += counted;
    this.#touch(node);
  }

  #handle(node: Node, options: HostOpenOptions, path: string): HostFile {
    return {
      read: (position, target) => {
        if (!options.read) fail("EBADF", path);
        const piece = node.bytes.subarray(Math.min(position, node.size), Math.min(position + target.length, node.size));
        target.set(piece);
        return piece.length;
      },
      write: (position, source) => {
        if (!options.write) fail("EBADF", path);
        const start = options.append ? node.size : position;
        if (start + source.length > node.size) this.#resize(node, start + source.length, path);
        node.bytes.set(source, start);
        this.#touch(node);
        return source.length;
      },
      attributes: () => describe(node),
      setSize: (size) => this.#resize(node, size, path),
      sync() {},
      close() {},
    };
  }

  #checkWritable(path: string): void {
    if (this.readOnly) fail("EROFS", path);
  }
}

function describe(node: Node): HostFileAttributes {
  const size =
    node.type === "directory"
      ? BLOCK
      : node.type === "symbolic-link"
        ? new TextEncoder().encode(node.target).length
        : node.size;
  return {
    type: node.type,
    inode: node.inode,
    permissions: node.permissions,
    links: node.links,
    userId: node.userId,
    groupId: node.groupId,
    deviceMajor: 0,
    deviceMinor: 0,
    size,
    blockSize: BLOCK,
    blocks: Math.ceil(size / 512),
    accessTime: node.accessTime,
    modificationTime: node.modificationTime,
    changeTime: node.changeTime,
  };
}

function fail(code: HostErrorCode, path: string): never {
  throw new HostFileSystemError(code, `"${path}"`);
}
