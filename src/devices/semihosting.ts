import type { Clock, Log, SemihostingFile, SemihostingHost } from "../ports/index.js";

/** Operation numbers, "Semihosting for AArch32 and AArch64" (Arm, release 2.0) section 6. */
export const SYS = {
  OPEN: 0x01,
  CLOSE: 0x02,
  WRITEC: 0x03,
  WRITE0: 0x04,
  WRITE: 0x05,
  READ: 0x06,
  READC: 0x07,
  ISERROR: 0x08,
  ISTTY: 0x09,
  SEEK: 0x0a,
  FLEN: 0x0c,
  TMPNAM: 0x0d,
  REMOVE: 0x0e,
  RENAME: 0x0f,
  CLOCK: 0x10,
  TIME: 0x11,
  SYSTEM: 0x12,
  ERRNO: 0x13,
  GET_CMDLINE: 0x15,
  HEAPINFO: 0x16,
  EXIT: 0x18,
  EXIT_EXTENDED: 0x20,
  ELAPSED: 0x30,
  TICKFREQ: 0x31,
} as const;

const ADP_STOPPED_APPLICATION_EXIT = 0x20026n;
/** Magic and the one feature byte: SH_EXT_EXIT_EXTENDED and SH_EXT_STDOUT_STDERR (section 5.2). */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0x03);
const FAILED = -1n;
const CHUNK = 64 * 1024;
/** Most bytes that one read or write moves; what is left is reported as not done, as the manual allows. */
const MAX_TRANSFER = 256n * 1024n * 1024n;
/** Longest file name, path or string that an operation may name. */
const MAX_STRING = 1024 * 1024;
const MAX_NAME = 4096;
const MAX_HANDLES = 256;

/** Numbers of errno.h that SYS_ERRNO gives. */
const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
};

/** Access to memory as the caller sees it, at its virtual addresses. False when an access faults. */
export interface SemihostingMemory {
  read(address: bigint, target: Uint8Array): boolean;
  write(address: bigint, source: Uint8Array): boolean;
}

export interface SemihostingHeap {
  readonly heapBase: bigint;
  readonly heapLimit: bigint;
  readonly stackBase: bigint;
  readonly stackLimit: bigint;
}

export interface SemihostingOptions {
  readonly host: SemihostingHost;
  readonly clock: Clock;
  readonly log: Log;
  /** What SYS_GET_CMDLINE gives; empty by default. */
  readonly commandLine?: string;
  /** What SYS_HEAPINFO gives; zeros (the program finds its own) by default. */
  readonly heap?: SemihostingHeap;
  /** Seconds since 1970 at power-on. */
  readonly epoch: number;
}

/** The value for X0; or that no input has come yet, so the instruction is to be executed again later; or that the guest ended. */
export type SemihostingResult = bigint | "blocked" | "exited";

/** An operation's failure, with the errno that SYS_ERRNO gives afterwards. */
class Failure extends Error {
  readonly errno: number;

  constructor(code: string) {
    super(code);
    this.errno = ERRNO[code] ?? ERRNO["EIO"]!;
  }
}

/** Arm semihosting 2.0 as an AArch64 program sees it: HLT #0xF000 with the operation in W0 and a parameter in X1. */
export class Semihosting {
  readonly #options: SemihostingOptions;
  readonly #handles = new Map<number, SemihostingFile>();
  #errno = 0;
  readonly #operations: ReadonlyMap<number, (call: Call) => SemihostingResult>;

  constructor(options: SemihostingOptions) {
    this.#options = options;
    this.#operations = new Map<number, (call: Call) => SemihostingResult>([
      [SYS.OPEN, (call) => this.#open(call)],
      [SYS.CLOSE, (call) => this.#close(call)],
      [SYS.WRITEC, (call) => this.#writeCharacter(call)],
      [SYS.WRITE0, (call) => this.#writeString(call)],
      [SYS.WRITE, (call) => this.#write(call)],
      [SYS.READ, (call) => this.#read(call)],
      [SYS.READC, () => this.#readCharacter()],
      // An error is any negative status (section 6.8).
      [SYS.ISERROR, (call) => (BigInt.asIntN(64, call.field(0)) < 0n ? 1n : 0n)],
      [SYS.ISTTY, (call) => (this.#file(call.field(0)).interactive ? 1n : 0n)],
      [SYS.SEEK, (call) => this.#seek(call)],
      [SYS.FLEN, (call) => this.#length(call)],
      [SYS.TMPNAM, () => this.#refuse("SYS_TMPNAM")],
      [SYS.REMOVE, (call) => this.#remove(call)],
      [SYS.RENAME, (call) => this.#rename(call)],
      [SYS.CLOCK, () => BigInt(Math.floor(this.#options.clock.now() / 10_000_000))],
      [SYS.TIME, () => BigInt(Math.floor(this.#options.epoch + this.#options.clock.now() / 1e9))],
      [SYS.SYSTEM, () => this.#refuse("SYS_SYSTEM")],
      [SYS.ERRNO, () => BigInt(this.#errno)],
      [SYS.GET_CMDLINE, (call) => this.#commandLine(call)],
      [SYS.HEAPINFO, (call) => this.#heapInfo(call)],
      [SYS.EXIT, (call) => this.#exit(call)],
      [SYS.EXIT_EXTENDED, (call) => this.#exit(call)],
      [SYS.ELAPSED, (call) => this.#elapsed(call)],
      [SYS.TICKFREQ, () => 1_000_000_000n],
    ]);
  }

  /** Carries out operation `operation` (W0) with parameter `parameter` (X1). Never throws for what a guest does. */
  call(operation: number, parameter: bigint, memory: SemihostingMemory): SemihostingResult {
    const perform = this.#operations.get(operation);
    if (!perform) {
      this.#errno = ERRNO["ENOSYS"]!;
      this.#log("unimp", `operation 0x${operation.toString(16)} does not exist`);
      return FAILED;
    }
    try {
      return perform(new Call(parameter, memory));
    } catch (error) {
      this.#errno = error instanceof Failure ? error.errno : errnoOf(error);
      if (error instanceof Failure && error.errno === ERRNO["EFAULT"]) {
        this.#log("guest", `operation 0x${operation.toString(16)} with a parameter that cannot be accessed`);
      }
      return FAILED;
    }
  }

  /** Closes all files: the machine is reset or ends. */
  reset(): void {
    for (const file of this.#handles.values()) file.close();
    this.#handles.clear();
    this.#errno = 0;
  }

  #open(call: Call): bigint {
    const mode = Number(call.field(1));
    const name = call.string(call.field(0), call.field(2));
    if (mode > 11) throw new Failure("EINVAL");
    if (this.#handles.size >= MAX_HANDLES) throw new Failure("EMFILE");
    let handle = 1;
    while (this.#handles.has(handle)) handle++;
    this.#handles.set(handle, this.#openFile(name, mode));
    return BigInt(handle);
  }

  #openFile(name: string, mode: number): SemihostingFile {
    const { host } = this.#options;
    if (name === ":tt") {
      // Section 6.10: modes r are standard input, w standard output, a standard error.
      return mode < 4 ? consoleInput(host) : consoleOutput(host, mode < 8 ? "output" : "error");
    }
    if (name === ":semihosting-features") {
      if (mode > 1) throw new Failure("EACCES");
      return memoryFile(FEATURES);
    }
    if (!host.files) throw new Failure("ENOENT");
    return host.files.open(name, mode);
  }

  #close(call: Call): bigint {
    const handle = Number(call.field(0));
    this.#file(BigInt(handle)).close();
    this.#handles.delete(handle);
    return 0n;
  }

  #writeCharacter(call: Call): bigint {
    this.#options.host.write(call.bytes(call.parameter, 1), "output");
    return 0n;
  }

  #writeString(call: Call): bigint {
    // The end is looked for in pieces that do not cross a page, so that a string at the end of a mapping can be read.
    let address = call.parameter;
    for (let total = 0; total < MAX_STRING; ) {
      const piece = call.bytes(address, 256 - Number(address & 255n));
      const end = piece.indexOf(0);
      if (end !== 0) this.#options.host.write(end < 0 ? piece : piece.subarray(0, end), "output");
      if (end >= 0) return 0n;
      address += BigInt(piece.length);
      total += piece.length;
    }
    throw new Failure("EFAULT");
  }

  /** Returns the number of bytes not written. */
  #write(call: Call): bigint {
    const file = this.#file(call.field(0));
    const address = call.field(1);
    const asked = call.field(2);
    const length = min(asked, MAX_TRANSFER);
    let done = 0n;
    while (done < length) {
      const piece = call.bytes(address + done, Number(min(length - done, BigInt(CHUNK))));
      const written = this.#count(() => file.write(piece));
      done += BigInt(written);
      if (written < piece.length) break;
    }
    return asked - done;
  }

  /** Returns the number of bytes not read. */
  #read(call: Call): SemihostingResult {
    const file = this.#file(call.field(0));
    const address = call.field(1);
    const asked = call.field(2);
    const length = min(asked, MAX_TRANSFER);
    const chunk = new Uint8Array(Number(min(length, BigInt(CHUNK))));
    let done = 0n;
    while (done < length) {
      const target = chunk.subarray(0, Number(min(length - done, BigInt(CHUNK))));
      const count = this.#count(() => file.read(target));
      if (count === undefined) {
        if (done === 0n) return "blocked";
        break;
      }
      call.store(address + done, target.subarray(0, count));
      done += BigInt(count);
      if (count < target.length) break;
    }
    return asked - done;
  }

  /** What a transfer moved: nothing when it fails, for its result says how much it left. */
  #count<T>(transfer: () => T): T | 0 {
    try {
      return transfer();
    } catch (error) {
      this.#errno = error instanceof Failure ? error.errno : errnoOf(error);
      return 0;
    }
  }

  #readCharacter(): SemihostingResult {
    const byte = new Uint8Array(1);
    const count = this.#options.host.read(byte);
    if (count === 0) return "blocked";
    return count < 0 ? FAILED : BigInt(byte[0]!);
  }

  #seek(call: Call): bigint {
    const file = this.#file(call.field(0));
    const position = call.field(1);
    if (position > BigInt(Number.MAX_SAFE_INTEGER)) throw new Failure("EINVAL");
    file.seek(Number(position));
    return 0n;
  }

  #length(call: Call): bigint {
    const { length } = this.#file(call.field(0));
    if (length === undefined) throw new Failure("EINVAL");
    return BigInt(length);
  }

  #remove(call: Call): bigint {
    const name = call.string(call.field(0), call.field(1));
    if (!this.#options.host.files) throw new Failure("ENOENT");
    this.#options.host.files.remove(name);
    return 0n;
  }

  #rename(call: Call): bigint {
    const from = call.string(call.field(0), call.field(1));
    const to = call.string(call.field(2), call.field(3));
    if (!this.#options.host.files) throw new Failure("ENOENT");
    this.#options.host.files.rename(from, to);
    return 0n;
  }

  #commandLine(call: Call): bigint {
    const bytes = new TextEncoder().encode(`${this.#options.commandLine ?? ""}\0`);
    if (call.field(1) < BigInt(bytes.length)) throw new Failure("EINVAL");
    call.store(call.field(0), bytes);
    call.storeField(1, BigInt(bytes.length - 1));
    return 0n;
  }

  #heapInfo(call: Call): bigint {
    const { heap } = this.#options;
    const block = new BigUint64Array(4);
    if (heap) block.set([heap.heapBase, heap.heapLimit, heap.stackBase, heap.stackLimit]);
    call.store(call.field(0), new Uint8Array(block.buffer));
    return 0n;
  }

  #exit(call: Call): SemihostingResult {
    const reason = call.field(0);
    const status = reason === ADP_STOPPED_APPLICATION_EXIT ? Number(BigInt.asIntN(32, call.field(1))) : 1;
    if (reason !== ADP_STOPPED_APPLICATION_EXIT) this.#log("guest", `exit for reason 0x${reason.toString(16)}`);
    this.#options.host.exit(status);
    return "exited";
  }

  #elapsed(call: Call): bigint {
    call.storeField(0, BigInt(this.#options.clock.now()));
    return 0n;
  }

  #refuse(name: string): bigint {
    this.#log("unimp", `${name} is not offered`);
    throw new Failure("ENOSYS");
  }

  #file(handle: bigint): SemihostingFile {
    const file = handle <= BigInt(MAX_HANDLES) ? this.#handles.get(Number(handle)) : undefined;
    if (!file) throw new Failure("EBADF");
    return file;
  }

  #log(channel: "guest" | "unimp", text: string): void {
    if (this.#options.log.enabled(channel)) this.#options.log.write(channel, `semihosting: ${text}`);
  }
}

/** One call's parameter: often the address of a block of 64-bit fields. */
class Call {
  readonly parameter: bigint;
  readonly #memory: SemihostingMemory;
  readonly #word = new BigUint64Array(1);
  readonly #wordBytes = new Uint8Array(this.#word.buffer);

  constructor(parameter: bigint, memory: SemihostingMemory) {
    this.parameter = parameter;
    this.#memory = memory;
  }

  field(index: number): bigint {
    if (!this.#memory.read(this.parameter + BigInt(8 * index), this.#wordBytes)) throw new Failure("EFAULT");
    return this.#word[0]!;
  }

  storeField(index: number, value: bigint): void {
    this.#word[0] = value;
    this.store(this.parameter + BigInt(8 * index), this.#wordBytes);
  }

  bytes(address: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (!this.#memory.read(address, bytes)) throw new Failure("EFAULT");
    return bytes;
  }

  store(address: bigint, bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.#memory.write(address, bytes)) throw new Failure("EFAULT");
  }

  string(address: bigint, length: bigint): string {
    if (length > BigInt(MAX_NAME)) throw new Failure("ENAMETOOLONG");
    return new TextDecoder().decode(this.bytes(address, Number(length)));
  }
}

function consoleInput(host: SemihostingHost): SemihostingFile {
  return {
    length: undefined,
    interactive: true,
    read(target) {
      const count = host.read(target);
      return count === 0 ? undefined : Math.max(count, 0);
    },
    write() {
      throw new Failure("EBADF");
    },
    seek() {
      throw new Failure("EINVAL");
    },
    close() {},
  };
}

function consoleOutput(host: SemihostingHost, stream: "output" | "error"): SemihostingFile {
  return {
    length: undefined,
    interactive: true,
    read() {
      throw new Failure("EBADF");
    },
    write(source) {
      host.write(source, stream);
      return source.length;
    },
    seek() {
      throw new Failure("EINVAL");
    },
    close() {},
  };
}

function memoryFile(bytes: Uint8Array): SemihostingFile {
  let position = 0;
  return {
    length: bytes.length,
    interactive: false,
    read(target) {
      const piece = bytes.subarray(position, position + target.length);
      target.set(piece);
      position += piece.length;
      return piece.length;
    },
    write() {
      throw new Failure("EBADF");
    },
    seek(to) {
      position = to;
    },
    close() {},
  };
}

function errnoOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (typeof code === "string" ? ERRNO[code] : undefined) ?? ERRNO["EIO"]!;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
