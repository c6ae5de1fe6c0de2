import {
  type HostAttributeChanges,
  type HostFileAttributes,
  type HostFileSystem,
  HostFileSystemError,
  type HostFileType,
  type HostOpenOptions,
} from "../../../ports/index.js";
import { FORMAT, FORMAT_MASK, putAttributes, putQid, takeTime } from "./attributes.js";
import { checkAncestors, childOf, type Fid, FidTable, parentOf } from "./fids.js";
import {
  ERRNO,
  type ErrnoName,
  HEADER_BYTES,
  MESSAGE,
  MessageReader,
  MessageWriter,
  NinePError,
  QID_BYTES,
  READ_OVERHEAD,
} from "./messages.js";

/** Smallest message size agreed to; below it nothing useful fits. */
const MIN_MESSAGE = 4096;
/** Largest one: Linux's virtio transport sends at most 125 pages. */
export const MAX_MESSAGE = 512 * 1024;
const MAX_WALK = 16;
const VERSION = "9P2000.L";
const V9FS_MAGIC = 0x01021997;

/** Linux's open flags (asm-generic), which Tlopen and Tlcreate carry. */
const O_ACCMODE = 3;
const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const O_DIRECTORY = 0o200000;

/** Tunlinkat's flag. */
const AT_REMOVEDIR = 0x200;
/** Tsetattr's valid bits. */
const SET = { MODE: 1, UID: 2, GID: 4, SIZE: 8, ATIME: 16, MTIME: 32, ATIME_SET: 128, MTIME_SET: 256 } as const;
/** Rgetattr's valid mask: all the basic fields. */
const GETATTR_BASIC = 0x7ffn;
const LOCK_SUCCESS = 0;
const LOCK_TYPE_UNLOCKED = 2;

/**
 * A 9P2000.L server over a {@link HostFileSystem}. Symbolic links are handed to the guest, never followed; ".." at the
 * root stays there; every name is checked before it becomes part of a path.
 */
export class NinePServer {
  readonly #files: HostFileSystem;
  readonly #fids = new FidTable();
  readonly #report: (text: string) => void;
  #messageSize = MAX_MESSAGE;
  /** Answers are built here. */
  #buffer = new Uint8Array(0);
  readonly #operations: ReadonlyMap<number, (r: MessageReader, w: MessageWriter) => void>;

  /** `report` is told what a guest got wrong. */
  constructor(files: HostFileSystem, report: (text: string) => void) {
    this.#files = files;
    this.#report = report;
    this.#operations = new Map<number, (r: MessageReader, w: MessageWriter) => void>([
      [MESSAGE.VERSION, (r, w) => this.#version(r, w)],
      [MESSAGE.AUTH, unsupported],
      [MESSAGE.ATTACH, (r, w) => this.#attach(r, w)],
      [MESSAGE.FLUSH, () => {}],
      [MESSAGE.WALK, (r, w) => this.#walk(r, w)],
      [MESSAGE.GETATTR, (r, w) => this.#getAttributes(r, w)],
      [MESSAGE.SETATTR, (r) => this.#setAttributes(r)],
      [MESSAGE.STATFS, (r, w) => this.#statistics(r, w)],
      [MESSAGE.LOPEN, (r, w) => this.#open(r, w)],
      [MESSAGE.LCREATE, (r, w) => this.#create(r, w)],
      [MESSAGE.READ, (r, w) => this.#read(r, w)],
      [MESSAGE.WRITE, (r, w) => this.#write(r, w)],
      [MESSAGE.READDIR, (r, w) => this.#readDirectory(r, w)],
      [MESSAGE.READLINK, (r, w) => w.string(this.#files.readLink(this.#path(r.u32())))],
      [MESSAGE.FSYNC, (r) => this.#fids.get(r.u32()).file?.sync()],
      [MESSAGE.CLUNK, (r) => this.#fids.remove(r.u32())],
      [MESSAGE.REMOVE, (r) => this.#remove(r)],
      [MESSAGE.SYMLINK, (r, w) => this.#symbolicLink(r, w)],
      [MESSAGE.MKNOD, (r, w) => this.#makeNode(r, w)],
      [MESSAGE.MKDIR, (r, w) => this.#makeDirectory(r, w)],
      [MESSAGE.LINK, (r) => this.#link(r)],
      [MESSAGE.RENAME, (r) => this.#rename(r)],
      [MESSAGE.RENAMEAT, (r) => this.#renameAt(r)],
      [MESSAGE.UNLINKAT, (r) => this.#unlinkAt(r)],
      [MESSAGE.LOCK, (r, w) => this.#lock(r, w)],
      [MESSAGE.GETLOCK, (r, w) => this.#getLock(r, w)],
      [MESSAGE.XATTRWALK, (r, w) => this.#walkExtendedAttributes(r, w)],
      [MESSAGE.XATTRCREATE, unsupported],
    ]);
  }

  /** Answers one message; `room` is the most bytes that the answer may take. Undefined: not even an error fits. */
  answer(message: Uint8Array, room: number): Uint8Array | undefined {
    if (message.length < HEADER_BYTES || room < READ_OVERHEAD) {
      this.#report(`a message of ${message.length} bytes with ${room} for the answer`);
      return undefined;
    }
    const reader = new MessageReader(message, 0);
    const size = reader.u32();
    const type = reader.u8();
    const tag = reader.u16();
    const limit = Math.min(room, this.#messageSize);
    if (this.#buffer.length < limit) this.#buffer = new Uint8Array(limit);
    const writer = new MessageWriter(this.#buffer.subarray(0, limit));
    try {
      if (size < HEADER_BYTES || size > message.length) throw new NinePError("EPROTO");
      const operation = this.#operations.get(type);
      if (!operation) {
        this.#report(`message type ${type} is not part of ${VERSION}`);
        throw new NinePError("EOPNOTSUPP");
      }
      operation(new MessageReader(message.subarray(0, size), HEADER_BYTES), writer);
      return writer.finish(type + 1, tag);
    } catch (error) {
      writer.clear();
      writer.u32(this.#errno(error));
      return writer.finish(MESSAGE.RLERROR, tag);
    }
  }

  /** Ends the session: all fids are gone. */
  reset(): void {
    this.#fids.clear();
    this.#messageSize = MAX_MESSAGE;
  }

  save(): NinePSession {
    return { messageSize: this.#messageSize, fids: this.#fids.save() };
  }

  /** Opens again what was open; what the host no longer has stays a fid that is not open. */
  restore(session: NinePSession): void {
    this.#fids.clear();
    this.#messageSize = session.messageSize;
    for (const { number, path, openedWith, entries, extendedAttributes } of session.fids) {
      const fid: Fid = { path, ...(entries && { entries }), ...(extendedAttributes && { extendedAttributes }) };
      this.#fids.add(number, fid);
      if (!openedWith) continue;
      try {
        checkAncestors(this.#files, path);
        this.#fids.open(fid, openedWith, (options) => this.#files.open(path, options));
      } catch (error) {
        this.#report(`"${path}" cannot be opened again: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #version(r: MessageReader, w: MessageWriter): void {
    const size = r.u32();
    const version = r.string();
    this.#fids.clear();
    if (size < MIN_MESSAGE) throw new NinePError("EMSGSIZE");
    this.#messageSize = Math.min(size, MAX_MESSAGE);
    w.u32(this.#messageSize).string(version === VERSION ? VERSION : "unknown");
  }

  #attach(r: MessageReader, w: MessageWriter): void {
    const fid = r.u32();
    const attributes = this.#files.attributes("");
    if (attributes.type !== "directory") throw new NinePError("ENOTDIR");
    this.#fids.add(fid, { path: "" });
    putQid(w, attributes);
  }

  #walk(r: MessageReader, w: MessageWriter): void {
    const number = r.u32();
    const fid = this.#fids.get(number);
    const newNumber = r.u32();
    const count = r.u16();
    if (count > MAX_WALK) throw new NinePError("EINVAL");
    if (newNumber !== number) this.#fids.checkFree(newNumber);
    else if (fid.file || fid.entries) throw new NinePError("EINVAL");
    let path = fid.path;
    const found: HostFileAttributes[] = [];
    for (let i = 0; i < count; i++) {
      const name = r.string();
      try {
        const next = name === ".." ? parentOf(path) : name === "." ? path : childOf(path, name);
        checkAncestors(this.#files, next);
        found.push(this.#files.attributes(next));
        path = next;
      } catch (error) {
        // The first name failing is an error, a later one a short answer (walk(5)).
        if (i === 0) throw error;
        break;
      }
    }
    if (found.length === count) {
      if (newNumber === number) fid.path = path;
      else this.#fids.add(newNumber, { path });
    }
    w.u16(found.length);
    for (const attributes of found) putQid(w, attributes);
  }

  #getAttributes(r: MessageReader, w: MessageWriter): void {
    const number = r.u32();
    const { file } = this.#fids.get(number);
    const a = file ? file.attributes() : this.#files.attributes(this.#path(number));
    w.u64(GETATTR_BASIC);
    putAttributes(w, a);
  }

  #setAttributes(r: MessageReader): void {
    this.#checkWritable();
    const number = r.u32();
    const valid = r.u32();
    const mode = r.u32();
    const userId = r.u32();
    const groupId = r.u32();
    // Linux leaves fields undefined that `valid` does not name.
    const size = valid & SET.SIZE ? r.position() : Number(r.u64() & 0n);
    const accessTime = takeTime(r);
    const modificationTime = takeTime(r);
    const changes: HostAttributeChanges = {
      ...(valid & SET.MODE && { permissions: mode & 0o7777 }),
      ...(valid & SET.UID && { userId }),
      ...(valid & SET.GID && { groupId }),
      ...(valid & SET.SIZE && { size }),
      ...(valid & SET.ATIME && { accessTime: valid & SET.ATIME_SET ? accessTime : ("now" as const) }),
      ...(valid & SET.MTIME && { modificationTime: valid & SET.MTIME_SET ? modificationTime : ("now" as const) }),
    };
    const path = this.#path(number);
    if (Object.keys(changes).length > 0) this.#files.setAttributes(path, changes);
  }

  #statistics(r: MessageReader, w: MessageWriter): void {
    this.#fids.get(r.u32());
    const s = this.#files.statistics();
    w.u32(V9FS_MAGIC).u32(s.blockSize).u64(s.blocks).u64(s.freeBlocks).u64(s.availableBlocks);
    w.u64(s.files).u64(s.freeFiles).u64(0n).u32(s.nameLength);
  }

  #open(r: MessageReader, w: MessageWriter): void {
    const number = r.u32();
    const flags = r.u32();
    const fid = this.#fids.get(number);
    const path = this.#path(number);
    const attributes = this.#files.attributes(path);
    if (fid.file || fid.entries) throw new NinePError("EINVAL");
    if (attributes.type === "directory") {
      if ((flags & O_ACCMODE) !== O_RDONLY) throw new NinePError("EISDIR");
      fid.entries = this.#files.list(path);
    } else {
      if (flags & O_DIRECTORY) throw new NinePError("ENOTDIR");
      if (attributes.type === "symbolic-link") throw new NinePError("ELOOP");
      // Opening a FIFO could wait for ever, a device could do anything.
      if (attributes.type !== "file") throw new NinePError("EACCES");
      this.#fids.open(fid, this.#openOptions(flags), (options) => this.#files.open(path, options));
    }
    putQid(w, attributes);
    w.u32(this.#ioUnit());
  }

  #create(r: MessageReader, w: MessageWriter): void {
    this.#checkWritable();
    const number = r.u32();
    const name = r.string();
    const flags = r.u32();
    const mode = r.u32();
    const fid = this.#fids.get(number);
    const path = this.#child(number, name);
    if (this.#exists(path)) {
      // Opening what is there must not reach a FIFO or a device either.
      if (flags & O_EXCL) throw new NinePError("EEXIST");
      const { type } = this.#files.attributes(path);
      if (type !== "file") throw new NinePError(type === "directory" ? "EISDIR" : "EACCES");
    }
    const options = { ...this.#openOptions(flags), create: mode & 0o7777, exclusive: (flags & O_EXCL) !== 0 };
    this.#fids.open(fid, options, () => this.#files.open(path, options));
    // The fid, which stood for the directory, now stands for the file.
    fid.path = path;
    putQid(w, this.#files.attributes(path));
    w.u32(this.#ioUnit());
  }

  #read(r: MessageReader, w: MessageWriter): void {
    const fid = this.#fids.get(r.u32());
    const position = r.position();
    const count = r.u32();
    const { file } = fid;
    if (!file) {
      if (!fid.extendedAttributes) throw new NinePError(fid.entries ? "EISDIR" : "EBADF");
      w.u32(0);
      return;
    }
    w.counted(count, (target) => file.read(position, target));
  }

  #write(r: MessageReader, w: MessageWriter): void {
    this.#checkWritable();
    const { file } = this.#fids.get(r.u32());
    const position = r.position();
    const data = r.bytes(r.u32());
    if (!file) throw new NinePError("EBADF");
    w.u32(file.write(position, data));
  }

  #readDirectory(r: MessageReader, w: MessageWriter): void {
    const number = r.u32();
    const fid = this.#fids.get(number);
    const offset = r.position();
    const count = r.u32();
    if (!fid.entries) throw new NinePError("EBADF");
    if (offset === 0) fid.entries = this.#files.list(this.#path(number));
    // "." and ".." come first; an entry's offset is that of the one after it.
    const entries = [
      { name: ".", type: "directory" as const, inode: this.#files.attributes(fid.path).inode },
      { name: "..", type: "directory" as const, inode: this.#files.attributes(parentOf(fid.path)).inode },
      ...fid.entries,
    ];
    const limit = Math.min(count, w.room - 4);
    const body = new MessageWriter(new Uint8Array(HEADER_BYTES + Math.max(limit, 0)));
    for (let i = offset; i < entries.length; i++) {
      const entry = entries[i]!;
      const name = new TextEncoder().encode(entry.name);
      if (body.room < QID_BYTES + 8 + 1 + 2 + name.length) break;
      putQid(body, entry);
      body
        .u64(BigInt(i + 1))
        .u8(FORMAT[entry.type] >> 12)
        .string(entry.name);
    }
    const bytes = body.finish(0, 0).subarray(HEADER_BYTES);
    if (bytes.length === 0 && offset < entries.length) throw new NinePError("EINVAL");
    w.counted(bytes.length, (target) => {
      target.set(bytes);
      return bytes.length;
    });
  }

  #remove(r: MessageReader): void {
    const number = r.u32();
    try {
      this.#checkWritable();
      const path = this.#path(number);
      if (path === "") throw new NinePError("EBUSY");
      if (this.#files.attributes(path).type === "directory") this.#files.removeDirectory(path);
      else this.#files.removeFile(path);
    } finally {
      // The fid is gone whether or not the file is (remove(5)).
      this.#fids.remove(number);
    }
  }

  #symbolicLink(r: MessageReader, w: MessageWriter): void {
    this.#checkWritable();
    const path = this.#child(r.u32(), r.string());
    const target = r.string();
    if (target === "" || target.includes("\0")) throw new NinePError("EINVAL");
    this.#files.makeSymbolicLink(path, target);
    putQid(w, this.#files.attributes(path));
  }

  #makeNode(r: MessageReader, w: MessageWriter): void {
    this.#checkWritable();
    const path = this.#child(r.u32(), r.string());
    const mode = r.u32();
    const type = (Object.keys(FORMAT) as HostFileType[]).find((t) => FORMAT[t] === (mode & FORMAT_MASK));
    const permissions = mode & 0o7777;
    if (type === "file")
      this.#files.open(path, { read: false, write: true, create: permissions, exclusive: true }).close();
    else if (type === "fifo" || type === "socket") this.#files.makeNode(path, type, permissions);
    else throw new NinePError("EPERM");
    putQid(w, this.#files.attributes(path));
  }

  #makeDirectory(r: MessageReader, w: MessageWriter): void {
    this.#checkWritable();
    const path = this.#child(r.u32(), r.string());
    this.#files.makeDirectory(path, r.u32() & 0o7777);
    putQid(w, this.#files.attributes(path));
  }

  #link(r: MessageReader): void {
    this.#checkWritable();
    const directory = r.u32();
    const existing = this.#path(r.u32());
    this.#files.makeLink(existing, this.#child(directory, r.string()));
  }

  #rename(r: MessageReader): void {
    this.#checkWritable();
    const from = this.#path(r.u32());
    this.#move(from, this.#child(r.u32(), r.string()));
  }

  #renameAt(r: MessageReader): void {
    this.#checkWritable();
    const from = this.#child(r.u32(), r.string());
    this.#move(from, this.#child(r.u32(), r.string()));
  }

  #move(from: string, to: string): void {
    if (from === "") throw new NinePError("EBUSY");
    if (to.startsWith(`${from}/`)) throw new NinePError("EINVAL");
    this.#files.rename(from, to);
    this.#fids.moved(from, to);
  }

  #unlinkAt(r: MessageReader): void {
    this.#checkWritable();
    const path = this.#child(r.u32(), r.string());
    if (r.u32() & AT_REMOVEDIR) this.#files.removeDirectory(path);
    else this.#files.removeFile(path);
  }

  /** The guest is the only client, so its own kernel arbitrates: every lock is granted, as in QEMU. */
  #lock(r: MessageReader, w: MessageWriter): void {
    this.#fids.get(r.u32());
    w.u8(LOCK_SUCCESS);
  }

  #getLock(r: MessageReader, w: MessageWriter): void {
    this.#fids.get(r.u32());
    r.u8();
    w.u8(LOCK_TYPE_UNLOCKED).u64(r.u64()).u64(r.u64()).u32(r.u32()).string(r.string());
  }

  /** There are no extended attributes: the list of names is empty, and asking for one says that they are not supported. */
  #walkExtendedAttributes(r: MessageReader, w: MessageWriter): void {
    const path = this.#path(r.u32());
    const newNumber = r.u32();
    if (r.string() !== "") throw new NinePError("EOPNOTSUPP");
    this.#fids.add(newNumber, { path, extendedAttributes: true });
    w.u64(0n);
  }

  /** The path of a fid, safe to hand to the host now. */
  #path(number: number): string {
    const { path } = this.#fids.get(number);
    checkAncestors(this.#files, path);
    return path;
  }

  /** The path of `name` in the directory that a fid stands for, safe to hand to the host now. */
  #child(number: number, name: string): string {
    const path = childOf(this.#fids.get(number).path, name);
    checkAncestors(this.#files, path);
    return path;
  }

  #exists(path: string): boolean {
    try {
      this.#files.attributes(path);
      return true;
    } catch (error) {
      if (error instanceof HostFileSystemError && error.code === "ENOENT") return false;
      throw error;
    }
  }

  #openOptions(flags: number): HostOpenOptions {
    const access = flags & O_ACCMODE;
    const write = access === O_WRONLY || access === O_RDWR;
    const truncate = (flags & O_TRUNC) !== 0;
    if (write || truncate) this.#checkWritable();
    return { read: access === O_RDONLY || access === O_RDWR, write, append: (flags & O_APPEND) !== 0, truncate };
  }

  #checkWritable(): void {
    if (this.#files.readOnly) throw new NinePError("EROFS");
  }

  #ioUnit(): number {
    return this.#messageSize - READ_OVERHEAD - QID_BYTES;
  }

  #errno(error: unknown): number {
    if (error instanceof NinePError) return error.errno;
    if (error instanceof HostFileSystemError) return ERRNO[error.code satisfies ErrnoName];
    this.#report(error instanceof Error ? error.message : String(error));
    return ERRNO.EIO;
  }
}

export interface NinePSession {
  readonly messageSize: number;
  readonly fids: ReturnType<FidTable["save"]>;
}

function unsupported(): never {
  throw new NinePError("EOPNOTSUPP");
}
