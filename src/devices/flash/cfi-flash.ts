import type { BlockBackend, Log, MmioDevice } from "../../ports/index.js";
import { cfiQueryTable, type FlashGeometry, writeBufferSize } from "./cfi-query.js";

/** Commands of the Intel/Sharp extended command set (CFI command set 0001h), and two that only probes send. */
const Command = {
  readArrayToo: 0x00,
  program: 0x40,
  programToo: 0x10,
  eraseBlock: 0x20,
  clearStatus: 0x50,
  lock: 0x60,
  readStatus: 0x70,
  readIdentifier: 0x90,
  query: 0x98,
  writeBuffer: 0xe8,
  confirm: 0xd0,
  lockConfirm: 0x01,
  amdReset: 0xf0,
  readArray: 0xff,
} as const;

/** The status register. */
const Status = { ready: 0x80, eraseFailed: 0x20, programFailed: 0x10 } as const;

/** Manufacturer and device: Intel 28F128J3, which QEMU's board says it has. */
const identifiers = [0x89, 0x18] as const;

/** What a read gives. */
type ReadMode = "array" | "status" | "identifier" | "query";

/** What the next write means: a command, or a later cycle of one. */
type WriteCycle =
  | "command"
  | "program"
  | "erase confirm"
  | "lock"
  | "query"
  | "buffer count"
  | "buffer"
  | "buffer confirm";

export interface CfiFlashState {
  mode: ReadMode;
  cycle: WriteCycle;
  status: number;
  /** Buffer writes that are still to come, less one. */
  left: number;
  /** The write buffer, with the offset that it's for, between its first write and the confirmation. */
  buffer: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
}

export interface CfiFlashOptions {
  readonly geometry: FlashGeometry;
  /** The array itself: `geometry.size` bytes that reads may go to directly while {@link CfiFlash.arrayMode} holds. */
  readonly array: Uint8Array;
  /** Where the array is kept; without it, what is written is lost with the machine. */
  readonly backend?: BlockBackend;
  readonly log: Log;
  /** The array may be read directly from now on, or no longer. */
  readonly onArrayMode: (arrayMode: boolean) => void;
  /** Bytes of the array have changed. */
  readonly onChange: (offset: number, size: number) => void;
}

/**
 * A bank of NOR flash with the Common Flash Interface and Intel's command set, as `pflash_cfi01` of QEMU behaves: commands
 * take no time, programming stores what it is given (it sets bits too), blocks can't be locked. Addresses are offsets in
 * the bank; chips side by side get the same command in each of their lanes.
 */
export class CfiFlash implements MmioDevice {
  readonly name: string;
  readonly size: number;
  state: CfiFlashState = resetState();
  readonly #options: CfiFlashOptions;
  readonly #view: DataView;
  readonly #table: Uint8Array;
  readonly #bufferSize: number;

  constructor(name: string, options: CfiFlashOptions) {
    const { array, geometry } = options;
    this.name = name;
    this.size = geometry.size;
    this.#options = options;
    this.#view = new DataView(array.buffer, array.byteOffset, array.byteLength);
    this.#table = cfiQueryTable(geometry);
    this.#bufferSize = writeBufferSize(geometry);
  }

  get arrayMode(): boolean {
    return this.state.mode === "array" && this.state.cycle === "command";
  }

  read(offset: number, size: 1 | 2 | 4): number {
    const mask = size === 4 ? 0xffff_ffff : 2 ** (size * 8) - 1;
    switch (this.state.mode) {
      case "array":
        return this.#readArray(offset, size);
      case "status":
        return (this.#inEveryLane(this.state.status) & mask) >>> 0;
      case "identifier":
        return (this.#inEveryLane(identifiers[this.#chipAddress(offset) & 0xff] ?? 0) & mask) >>> 0;
      case "query":
        return (this.#inEveryLane(this.#table[this.#chipAddress(offset)] ?? 0) & mask) >>> 0;
    }
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const { state } = this;
    const command = value & 0xff;
    const confirmed = command === Command.confirm;
    switch (state.cycle) {
      case "command":
        this.#command(offset, command);
        break;
      case "program":
        if (this.#mayChange(Status.programFailed)) this.#program(offset, size, value);
        this.#keep(offset, size);
        this.#done();
        break;
      case "erase confirm":
        if (confirmed) this.#done();
        else this.#readArrayMode(command === Command.readArray ? undefined : `${hex(command)} after an erase`);
        break;
      case "lock":
        if (confirmed || command === Command.lockConfirm) this.#done();
        else this.#readArrayMode();
        break;
      case "query":
        if (command === Command.readArray) this.#readArrayMode();
        break;
      case "buffer count":
        state.left = value & (2 ** (this.#options.geometry.chipWidth * 8) - 1);
        state.cycle = "buffer";
        this.#startBuffer(offset);
        break;
      case "buffer":
        this.#fillBuffer(offset, size, value);
        state.status |= Status.ready;
        if (state.left-- === 0) state.cycle = "buffer confirm";
        break;
      case "buffer confirm": {
        const { buffer } = state;
        state.buffer = undefined;
        if (!confirmed || !buffer || (state.status & Status.programFailed) !== 0) {
          this.#readArrayMode(confirmed ? undefined : `${hex(command)} for the confirmation of a buffer write`);
          break;
        }
        this.#options.array.set(buffer.bytes, buffer.offset);
        this.#options.onChange(buffer.offset, this.#bufferSize);
        this.#keep(buffer.offset, this.#bufferSize);
        this.#done();
      }
    }
  }

  reset(): void {
    this.state = resetState();
    this.#options.onArrayMode(true);
  }

  save(): CfiFlashState {
    return copyState(this.state);
  }

  restore(state: CfiFlashState): void {
    this.state = copyState(state);
    this.#options.onArrayMode(this.arrayMode);
  }

  #command(offset: number, command: number): void {
    switch (command) {
      case Command.program:
      case Command.programToo:
        this.#enter("status", "program");
        break;
      case Command.eraseBlock:
        this.#erase(offset);
        this.#enter("status", "erase confirm");
        break;
      case Command.clearStatus:
        this.state.status = 0;
        this.#readArrayMode();
        break;
      case Command.lock:
        this.#enter("status", "lock");
        break;
      case Command.readStatus:
        this.#enter("status", "command");
        break;
      case Command.readIdentifier:
        this.#enter("identifier", "command");
        break;
      case Command.query:
        this.#enter("query", "query");
        break;
      case Command.writeBuffer:
        this.state.status |= Status.ready;
        this.#enter("status", "buffer count");
        break;
      case Command.readArray:
      case Command.readArrayToo:
      case Command.amdReset:
        this.#readArrayMode();
        break;
      default:
        this.#readArrayMode(hex(command));
    }
  }

  #enter(mode: ReadMode, cycle: WriteCycle): void {
    if (this.arrayMode) this.#options.onArrayMode(false);
    this.state.mode = mode;
    this.state.cycle = cycle;
  }

  /** Back to plain memory; `why` is a command that doesn't exist. */
  #readArrayMode(why?: string): void {
    const { log, onArrayMode } = this.#options;
    if (why !== undefined && log.enabled("guest")) log.write("guest", `${this.name}: unknown command ${why}`);
    const was = this.arrayMode;
    this.state.mode = "array";
    this.state.cycle = "command";
    if (!was) onArrayMode(true);
  }

  /** A command of several cycles has ended; reads give the status until another command. */
  #done(): void {
    this.state.cycle = "command";
    this.state.status |= Status.ready;
  }

  #mayChange(failure: number): boolean {
    if (this.#options.backend?.readOnly !== true) return true;
    this.state.status |= failure;
    return false;
  }

  #erase(offset: number): void {
    const { geometry, array } = this.#options;
    this.state.status |= Status.ready;
    if (!this.#mayChange(Status.eraseFailed)) return;
    const start = offset - (offset % geometry.blockSize);
    array.fill(0xff, start, start + geometry.blockSize);
    this.#options.onChange(start, geometry.blockSize);
    this.#keep(start, geometry.blockSize);
  }

  /** The buffer is for the block that the count of its writes was sent to. */
  #startBuffer(at: number): void {
    const offset = at - (at % this.#bufferSize);
    this.state.buffer = { offset, bytes: this.#options.array.slice(offset, offset + this.#bufferSize) };
  }

  #fillBuffer(offset: number, size: 1 | 2 | 4, value: number): void {
    const { buffer } = this.state;
    if (!buffer || !this.#mayChange(Status.programFailed)) return;
    const from = offset - buffer.offset;
    if (from < 0 || from >= this.#bufferSize) this.state.status |= Status.programFailed;
    else for (let i = 0; i < size; i++) buffer.bytes[from + i] = value >>> (8 * i);
  }

  #program(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4) this.#view.setUint32(offset, value, true);
    else if (size === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint8(offset, value);
    this.#options.onChange(offset, size);
  }

  /** Brings a range of the array to the backend, whose unit is a sector. */
  #keep(offset: number, size: number): void {
    const { backend, array } = this.#options;
    if (!backend || backend.readOnly) return;
    const start = offset - (offset % sector);
    const end = Math.ceil((offset + size) / sector) * sector;
    backend.write(start, array.subarray(start, end));
  }

  #readArray(offset: number, size: 1 | 2 | 4): number {
    if (size === 4) return this.#view.getUint32(offset, true);
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint8(offset);
  }

  #chipAddress(offset: number): number {
    return Math.floor(offset / this.#options.geometry.bankWidth);
  }

  #inEveryLane(value: number): number {
    const { bankWidth, chipWidth } = this.#options.geometry;
    let all = 0;
    for (let lane = 0; lane < bankWidth; lane += chipWidth) all |= value << (lane * 8);
    return all;
  }
}

/** What backends write at a time. */
const sector = 512;

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function copyState(state: CfiFlashState): CfiFlashState {
  const { buffer } = state;
  return { ...state, buffer: buffer && { ...buffer, bytes: buffer.bytes.slice() } };
}

function resetState(): CfiFlashState {
  return { mode: "array", cycle: "command", status: Status.ready, left: 0, buffer: undefined };
}
