import type { Dma, MmioDevice } from "../ports/index.js";
import type { GicState } from "./gic-state.js";
import { implementerIdentification, itsPart, readIdentification } from "./identification.js";
import { lpiIntidBits } from "./lpi.js";
import { firstLpi } from "./types.js";

const GITS_TRANSLATER = 0x10040;

/** Bits of DeviceIDs, EventIDs and ICIDs. */
const deviceBits = 16;
const eventBits = 16;
const collectionBits = 16;
/** Bytes of an entry of every table: device, collection, and interrupt translation table. */
const entrySize = 8;

/** GITS_TYPER (12.19.8): physical LPIs, PTA 0 (RDbase is a processor number), CIL with CIDbits. */
const type =
  (1n << 36n) |
  (BigInt(collectionBits - 1) << 32n) |
  (BigInt(deviceBits - 1) << 13n) |
  (BigInt(eventBits - 1) << 8n) |
  (BigInt(entrySize - 1) << 4n) |
  1n;

const valid = 1n << 63n;
const addressMask = 0x000f_ffff_ffff_f000n;
/** GITS_BASER0 and GITS_BASER1: Type (device table, collection table) and Entry_Size are read-only. */
const tableTypes = [1n, 4n];
const tableConstants = tableTypes.map((each) => (each << 56n) | (BigInt(entrySize - 1) << 48n));
/** 64 KB pages, where software doesn't choose. */
const tableReset = 2n << 8n;
const tableWritable = valid | (1n << 62n) | (7n << 59n) | (7n << 53n) | 0xffff_ffff_ffffn;
const queueWritable = valid | (7n << 59n) | (7n << 53n) | addressMask | (3n << 10n) | 0xffn;

/** Device table entry: valid, Size (EventID bits - 1) in 62:58, ITT address. Collection: valid, PE number. ITE: valid, ICID 39:24, INTID. */
const sizeShift = 58n;
const collectionShift = 24n;

interface Translation {
  entryAddress: number;
  intid: number;
  collection: number;
}

type Fields = readonly [bigint, bigint, bigint, bigint];

/** Commands by number (5.3): each returns undefined, or what is wrong with it. */
const commands: Readonly<Record<number, { name: string; run(its: Its, fields: Fields): string | undefined }>> = {
  1: { name: "MOVI", run: (its, [id, event, target]) => its.move(high(id), low(event), Number(target & 0xffffn)) },
  3: { name: "INT", run: (its, [id, event]) => its.setPending(high(id), low(event), true) },
  4: { name: "CLEAR", run: (its, [id, event]) => its.setPending(high(id), low(event), false) },
  // Every command has taken effect when it has been read.
  5: { name: "SYNC", run: () => undefined },
  8: { name: "MAPD", run: (its, [id, size, table]) => its.mapDevice(high(id), Number(size & 31n), table) },
  9: { name: "MAPC", run: (its, [, , target]) => its.mapCollection(target) },
  10: {
    name: "MAPTI",
    run: (its, [id, event, to]) => its.mapEvent(high(id), low(event), high(event), Number(to & 0xffffn)),
  },
  11: {
    name: "MAPI",
    run: (its, [id, event, to]) => its.mapEvent(high(id), low(event), low(event), Number(to & 0xffffn)),
  },
  12: { name: "INV", run: (its, [id, event]) => its.invalidate(high(id), low(event)) },
  13: { name: "INVALL", run: (its, [, , target]) => its.invalidateCollection(Number(target & 0xffffn)) },
  14: { name: "MOVALL", run: (its, [, , from, to]) => its.moveAll(processor(from), processor(to)) },
  15: { name: "DISCARD", run: (its, [id, event]) => its.discard(high(id), low(event)) },
};

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn);
const processor = (value: bigint): number => Number((value >> 16n) & 0xffffn);

export interface SavedIts {
  enabled: boolean;
  queueBase: string;
  writeOffset: number;
  readOffset: number;
  tableBases: string[];
}

/** The Interrupt Translation Service: its 128 KB of registers, its command queue, its tables in guest memory (IHI 0069, chapter 5). */
export class Its implements MmioDevice {
  readonly name = "gicv3_its";
  readonly size = 0x20000;
  readonly #gic: GicState;
  readonly #dma: Dma;
  #enabled = false;
  /** GITS_CBASER, GITS_BASER<n>. */
  #queueBase = 0n;
  #tableBases = [tableReset, tableReset];
  /** GITS_CWRITER, GITS_CREADR: offsets into the queue. */
  #writeOffset = 0;
  #readOffset = 0;

  constructor(gic: GicState, dma: Dma) {
    this.#gic = gic;
    this.#dma = dma;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (size === 4) {
      const identification = offset < 0x10000 ? readIdentification(offset, itsPart) : undefined;
      if (identification !== undefined) return identification;
      if (offset === 0) return (this.#enabled ? 1 : 0) + 0x8000_0000;
      if (offset === 4) return implementerIdentification;
      const value = this.#register(offset & ~7);
      if (value !== undefined) return Number((value >> (offset & 4 ? 32n : 0n)) & 0xffff_ffffn);
    }
    this.#log(`read of ${size} bytes at reserved offset 0x${offset.toString(16)}`);
    return 0;
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4) {
      if (offset === 0) {
        this.#enabled = (value & 1) !== 0;
        this.#processQueue();
        return;
      }
      const before = this.#register(offset & ~7);
      if (before !== undefined) {
        const half = BigInt(value);
        const merged = offset & 4 ? (before & 0xffff_ffffn) | (half << 32n) : (before & ~0xffff_ffffn) | half;
        this.#setRegister(offset & ~7, merged);
        return;
      }
    }
    // A PE that writes here is DeviceID 0, as on QEMU; devices use `signal`.
    if (offset === GITS_TRANSLATER && size !== 1) this.signal(0, value);
    else if (!(size === 4 && (offset === 4 || (offset >= 0xffd0 && offset < 0x10000))))
      this.#log(`write of ${size} bytes at reserved offset 0x${offset.toString(16)}`);
  }

  read64(offset: number): bigint {
    return this.#register(offset) ?? BigInt(this.read(offset, 4)) | (BigInt(this.read(offset + 4, 4)) << 32n);
  }

  write64(offset: number, value: bigint): void {
    if (this.#register(offset) !== undefined) this.#setRegister(offset, value);
    else {
      this.write(offset, 4, low(value));
      this.write(offset + 4, 4, high(value));
    }
  }

  /** The 64-bit registers; undefined where there is none. */
  #register(offset: number): bigint | undefined {
    switch (offset) {
      case 0x08:
        return type;
      case 0x80:
        return this.#queueBase;
      case 0x88:
        return BigInt(this.#writeOffset);
      case 0x90:
        return BigInt(this.#readOffset);
    }
    if (offset < 0x100 || offset >= 0x140) return undefined;
    const table = (offset - 0x100) >> 3;
    return table < tableTypes.length ? this.#tableBases[table]! | tableConstants[table]! : 0n;
  }

  #setRegister(offset: number, value: bigint): void {
    if (offset === 0x88) {
      this.#writeOffset = Number(value & 0xf_ffe0n);
      this.#processQueue();
    } else if (this.#enabled)
      this.#log(`write of a table register at 0x${offset.toString(16)} while GITS_CTLR.Enabled is 1`);
    else if (offset === 0x80) {
      this.#queueBase = value & queueWritable;
      this.#readOffset = 0;
    } else if (offset >= 0x100 && offset - 0x100 < tableTypes.length * 8)
      this.#tableBases[(offset - 0x100) >> 3] = value & tableWritable;
  }

  #processQueue(): void {
    const bytes = (Number(this.#queueBase & 0xffn) + 1) * 4096;
    if (!this.#enabled || !(this.#queueBase & valid) || this.#writeOffset >= bytes) return;
    const base = Number(this.#queueBase & addressMask);
    const buffer = new DataView(new ArrayBuffer(32));
    while (this.#readOffset !== this.#writeOffset) {
      if (!this.#dma.read(base + this.#readOffset, new Uint8Array(buffer.buffer))) {
        this.#log(`the command queue at 0x${base.toString(16)} is not in RAM`);
        return;
      }
      const field = (index: number) => buffer.getBigUint64(index * 8, true);
      const number = buffer.getUint8(0);
      const command = commands[number];
      const wrong = command
        ? command.run(this, [field(0), field(1), field(2), field(3)])
        : "it is not a command of this ITS";
      if (wrong !== undefined) this.#log(`command ${command?.name ?? "0x" + number.toString(16)} ignored: ${wrong}`);
      this.#readOffset = (this.#readOffset + 32) % bytes;
    }
  }

  /** A message: `event` written to GITS_TRANSLATER by device `device`. */
  signal(device: number, event: number): void {
    if (!this.#enabled) return;
    const wrong = this.setPending(device, event, true);
    if (wrong !== undefined) this.#log(`message ignored: ${wrong}`);
  }

  /** Where entry `index` of GITS_BASER `table` lies; undefined outside the table. Two levels when Indirect is set. */
  #entryAddress(table: number, index: number): number | undefined {
    const base = this.#tableBases[table]!;
    if (!(base & valid)) return undefined;
    const pageSize = [4096, 16384, 65536, 65536][Number((base >> 8n) & 3n)]!;
    const bytes = (Number(base & 0xffn) + 1) * pageSize;
    let address = Number(base & addressMask);
    // 64 KB pages have address bits 51:48 in bits 15:12.
    if (pageSize === 65536) address = Number((base & 0xffff_ffff_0000n) | (((base >> 12n) & 15n) << 48n));
    if (!(base & (1n << 62n))) return index * entrySize < bytes ? address + index * entrySize : undefined;
    const perPage = pageSize / entrySize;
    const first = Math.floor(index / perPage) * 8;
    if (first >= bytes) return undefined;
    const entry = this.#readEntry(address + first);
    return entry & valid ? Number(entry & addressMask) + (index % perPage) * entrySize : undefined;
  }

  #readEntry(address: number | undefined): bigint {
    const bytes = new Uint8Array(8);
    if (address === undefined || !this.#dma.read(address, bytes)) return 0n;
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  #writeEntry(address: number, entry: bigint): string | undefined {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, entry, true);
    return this.#dma.write(address, bytes) ? undefined : `there is no RAM at 0x${address.toString(16)}`;
  }

  /** The interrupt translation entry of an event, valid or not; a string says what is missing. */
  #eventAddress(device: number, event: number): number | string {
    if (device >= 2 ** deviceBits) return `DeviceID ${device} has more than ${deviceBits} bits`;
    const entry = this.#readEntry(this.#entryAddress(0, device));
    if (!(entry & valid)) return `DeviceID ${device} is not mapped`;
    if (event >= 2 ** (Number((entry >> sizeShift) & 31n) + 1)) return `DeviceID ${device} has no EventID ${event}`;
    return Number(entry & 0x000f_ffff_ffff_ff00n) + event * entrySize;
  }

  #translate(device: number, event: number): Translation | string {
    const address = this.#eventAddress(device, event);
    if (typeof address === "string") return address;
    const entry = this.#readEntry(address);
    if (!(entry & valid)) return `EventID ${event} of DeviceID ${device} is not mapped`;
    const collection = Number((entry >> collectionShift) & 0xffffn);
    return { entryAddress: address, intid: Number(entry & 0xff_ffffn), collection };
  }

  /** The PE of a collection. */
  #target(collection: number) {
    const entry = this.#readEntry(this.#entryAddress(1, collection));
    const pe = entry & valid ? this.#gic.pes[Number(entry & 0xffffn)] : undefined;
    return pe?.lpis === undefined ? undefined : { pe, lpis: pe.lpis };
  }

  mapDevice(device: number, size: number, table: bigint): string | undefined {
    if (device >= 2 ** deviceBits) return `DeviceID ${device} has more than ${deviceBits} bits`;
    if (table & valid && size >= eventBits) return `EventIDs of ${size + 1} bits are more than ${eventBits}`;
    const address = this.#entryAddress(0, device);
    if (address === undefined) return `DeviceID ${device} is outside the device table`;
    const entry = table & valid ? valid | (BigInt(size) << sizeShift) | (table & 0x000f_ffff_ffff_ff00n) : 0n;
    return this.#writeEntry(address, entry);
  }

  mapCollection(target: bigint): string | undefined {
    const collection = Number(target & 0xffffn);
    const address = this.#entryAddress(1, collection);
    if (address === undefined) return `ICID ${collection} is outside the collection table`;
    if (!(target & valid)) return this.#writeEntry(address, 0n);
    if (this.#gic.pes[processor(target)] === undefined) return `there is no PE ${processor(target)}`;
    return this.#writeEntry(address, valid | BigInt(processor(target)));
  }

  mapEvent(device: number, event: number, intid: number, collection: number): string | undefined {
    const address = this.#eventAddress(device, event);
    if (typeof address === "string") return address;
    if (intid < firstLpi || intid >= 2 ** lpiIntidBits) return `INTID ${intid} is not an LPI`;
    return this.#writeEntry(address, valid | (BigInt(collection) << collectionShift) | BigInt(intid));
  }

  move(device: number, event: number, collection: number): string | undefined {
    const found = this.#translate(device, event);
    if (typeof found === "string") return found;
    const from = this.#target(found.collection);
    const to = this.#target(collection);
    if (from === undefined || to === undefined) return `ICID ${from ? collection : found.collection} is not mapped`;
    if (from.pe !== to.pe && from.lpis.isPending(found.intid)) {
      from.lpis.setPending(found.intid, false);
      to.lpis.setPending(found.intid, true);
      this.#gic.update(from.pe);
      this.#gic.update(to.pe);
    }
    const entry = valid | (BigInt(collection) << collectionShift) | BigInt(found.intid);
    return this.#writeEntry(found.entryAddress, entry);
  }

  setPending(device: number, event: number, pending: boolean): string | undefined {
    const found = this.#translate(device, event);
    if (typeof found === "string") return found;
    const target = this.#target(found.collection);
    if (target === undefined) return `ICID ${found.collection} is not mapped`;
    if (pending) this.#gic.options.observer?.message(found.intid, target.pe.index);
    target.lpis.setPending(found.intid, pending);
    this.#gic.update(target.pe);
    return undefined;
  }

  discard(device: number, event: number): string | undefined {
    const found = this.#translate(device, event);
    if (typeof found === "string") return found;
    return this.setPending(device, event, false) ?? this.#writeEntry(found.entryAddress, 0n);
  }

  invalidate(device: number, event: number): string | undefined {
    const found = this.#translate(device, event);
    if (typeof found === "string") return found;
    const target = this.#target(found.collection);
    if (target === undefined) return `ICID ${found.collection} is not mapped`;
    target.lpis.invalidate(found.intid);
    this.#gic.update(target.pe);
    return undefined;
  }

  invalidateCollection(collection: number): string | undefined {
    const target = this.#target(collection);
    if (target === undefined) return `ICID ${collection} is not mapped`;
    target.lpis.invalidate();
    this.#gic.update(target.pe);
    return undefined;
  }

  moveAll(from: number, to: number): string | undefined {
    const source = this.#gic.pes[from];
    const target = this.#gic.pes[to];
    if (source?.lpis === undefined || target?.lpis === undefined) return `there is no PE ${source ? to : from}`;
    if (source === target) return undefined;
    source.lpis.moveAllTo(target.lpis);
    this.#gic.update(source);
    this.#gic.update(target);
    return undefined;
  }

  #log(text: string): void {
    const { log } = this.#gic.options;
    if (log.enabled("guest")) log.write("guest", `${this.name}: ${text}`);
  }

  reset(): void {
    this.#enabled = false;
    this.#queueBase = 0n;
    this.#tableBases = [tableReset, tableReset];
    this.#writeOffset = 0;
    this.#readOffset = 0;
  }

  save(): SavedIts {
    return {
      enabled: this.#enabled,
      queueBase: this.#queueBase.toString(16),
      writeOffset: this.#writeOffset,
      readOffset: this.#readOffset,
      tableBases: this.#tableBases.map((base) => base.toString(16)),
    };
  }

  restore(saved: SavedIts): void {
    this.#enabled = saved.enabled;
    this.#queueBase = BigInt("0x" + saved.queueBase);
    this.#tableBases = saved.tableBases.map((base) => BigInt("0x" + base));
    this.#writeOffset = saved.writeOffset;
    this.#readOffset = saved.readOffset;
  }
}
