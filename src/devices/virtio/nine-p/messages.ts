/**
 * Message types of 9P2000.L, the numbers of T-messages; the answer to T is T + 1, or Rlerror. From the protocol's
 * description in diod's protocol.md and Linux's include/net/9p/9p.h.
 */
export const MESSAGE = {
  RLERROR: 7,
  STATFS: 8,
  LOPEN: 12,
  LCREATE: 14,
  SYMLINK: 16,
  MKNOD: 18,
  RENAME: 20,
  READLINK: 22,
  GETATTR: 24,
  SETATTR: 26,
  XATTRWALK: 30,
  XATTRCREATE: 32,
  READDIR: 40,
  FSYNC: 50,
  LOCK: 52,
  GETLOCK: 54,
  LINK: 70,
  MKDIR: 72,
  RENAMEAT: 74,
  UNLINKAT: 76,
  VERSION: 100,
  AUTH: 102,
  ATTACH: 104,
  FLUSH: 108,
  WALK: 110,
  READ: 116,
  WRITE: 118,
  CLUNK: 120,
  REMOVE: 122,
} as const;

/** size[4] type[1] tag[2]. */
export const HEADER_BYTES = 7;
/** qid: type[1] version[4] path[8]. */
export const QID_BYTES = 13;
/** Header of Rread, Rreaddir and Twrite around their data. */
export const READ_OVERHEAD = HEADER_BYTES + 4;

/** Linux's errno numbers (asm-generic), which 9P2000.L carries. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EPROTO: 71,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EDQUOT: 122,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/** An operation's failure; it becomes an Rlerror. */
export class NinePError extends Error {
  readonly errno: number;

  constructor(name: ErrnoName) {
    super(name);
    this.errno = ERRNO[name];
  }
}

/** Reads the fields of a message; running off its end is an EPROTO. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** An offset or size: numbers beyond what a file can have are refused. */
  position(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new NinePError("EFBIG");
    return Number(value);
  }

  string(): string {
    const length = this.u16();
    const at = this.#advance(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new NinePError("EINVAL");
    }
  }

  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new NinePError("EPROTO");
    this.#at = at + count;
    return at;
  }
}

/** Writes the fields of an answer into a buffer of fixed size. */
export class MessageWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER_BYTES;

  constructor(buffer: Uint8Array) {
    this.#bytes = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#bytes.length - this.#at;
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#advance(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(4), value, true);
    return this;
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#advance(8), value, true);
    return this;
  }

  string(value: string): this {
    const bytes = new TextEncoder().encode(value);
    if (bytes.length > 0xffff) throw new NinePError("ENAMETOOLONG");
    this.u16(bytes.length);
    this.#bytes.set(bytes, this.#advance(bytes.length));
    return this;
  }

  /** A count followed by up to `most` bytes that `fill` puts in place and counts. */
  counted(most: number, fill: (target: Uint8Array) => number): this {
    const at = this.#advance(4);
    const count = fill(this.#bytes.subarray(this.#at, this.#at + Math.min(most, this.room)));
    this.#view.setUint32(at, count, true);
    this.#at += count;
    return this;
  }

  /** Forgets the body. */
  clear(): void {
    this.#at = HEADER_BYTES;
  }

  /** The finished message; valid until the next one is written. */
  finish(type: number, tag: number): Uint8Array {
    this.#view.setUint32(0, this.#at, true);
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
    return this.#bytes.subarray(0, this.#at);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new NinePError("EMSGSIZE");
    this.#at = at + count;
    return at;
  }
}
