import type { Log, MmioDevice } from "../ports/index.js";
import type { LinearMemory } from "./linear-memory.js";
import { WriteTags } from "./write-tags.js";

/** A range of RAM or ROM that has host memory behind it. Addresses are physical, sizes bytes, multiples of 4096. */
export interface RamRange {
  readonly name: string;
  readonly base: number;
  readonly size: number;
  /** Address in linear memory. */
  readonly host: number;
  /** Only Secure accesses find it. */
  readonly secureOnly?: boolean;
  /** Writes go to this device (at the same base), and never directly: ROM and flash. */
  readonly writes?: MmioDevice;
  /** Whether reads may go to the host memory; false sends them to `writes` (flash that isn't in array mode). */
  direct: boolean;
}

/** A device on the bus. */
export interface MmioRange {
  readonly base: number;
  readonly device: MmioDevice;
  readonly secureOnly?: boolean;
}

const sizes = [8, 4, 2, 1] as const;

/** The physical address space: RAM at offsets of linear memory, and devices on a bus sorted by address. */
export class PhysicalMemory {
  readonly #memory: LinearMemory;
  readonly #log: Log;
  /** What all accesses find, and what Secure ones find before it; both sorted by address. */
  readonly #devices: MmioRange[] = [];
  readonly #secureDevices: MmioRange[] = [];
  readonly #ram: RamRange[] = [];
  #lastRam: RamRange | undefined;
  #lastDevice: MmioRange | undefined;
  #lastSecureDevice: MmioRange | undefined;
  /** The processing element that accesses devices now: some registers (GICR aliases, logs) want to know. */
  requester = 0;
  /** Told of every access to a device, before it is made: `offset` into it and `size` in bytes. */
  onDeviceAccess: ((device: MmioDevice, offset: number, size: number, write: boolean) => void) | undefined;
  /** Which pages have write tags in TLBs. */
  readonly writeTags: WriteTags;

  constructor(memory: LinearMemory, log: Log) {
    this.#memory = memory;
    this.writeTags = new WriteTags(memory.buffer.byteLength);
    this.#log = log;
  }

  /** Adds RAM or ROM; throws when it overlaps what is there. */
  addRam(range: RamRange): void {
    this.#refuseOverlap(range.name, range.base, range.size, range.secureOnly === true);
    if ((range.base | range.size | range.host) & 4095 || range.size <= 0)
      throw new Error(`RAM "${range.name}" at 0x${range.base.toString(16)} isn't made of whole 4 KB pages`);
    this.#ram.push(range);
    this.#ram.sort((a, b) => a.base - b.base);
  }

  /** Adds a device; throws when it overlaps what is there. A Secure one may lie over one that all accesses find. */
  addDevice(base: number, device: MmioDevice, secureOnly = false): void {
    this.#refuseOverlap(device.name, base, device.size, secureOnly);
    const devices = secureOnly ? this.#secureDevices : this.#devices;
    devices.push({ base, device, ...(secureOnly ? { secureOnly } : {}) });
    devices.sort((a, b) => a.base - b.base);
  }

  get ram(): readonly RamRange[] {
    return this.#ram;
  }

  get devices(): readonly MmioRange[] {
    return [...this.#devices, ...this.#secureDevices];
  }

  /** The RAM range that holds an address, or undefined. */
  ramAt(address: number, secure: boolean): RamRange | undefined {
    const last = this.#lastRam;
    if (last !== undefined && address >= last.base && address < last.base + last.size) return last;
    for (const range of this.#ram) {
      if (address < range.base || address >= range.base + range.size) continue;
      if (range.secureOnly === true && !secure) return undefined;
      if (range.secureOnly !== true) this.#lastRam = range;
      return range;
    }
    return undefined;
  }

  /** Where `size` bytes of readable RAM lie in linear memory; -1 when any of them isn't RAM. */
  hostAddress(address: number, size: number, secure: boolean): number {
    const range = this.ramAt(address, secure);
    if (range === undefined || !range.direct || address + size > range.base + range.size) return -1;
    return range.host + (address - range.base);
  }

  /**
   * Reads into linear memory at `host`. The access lies in one page. False when nothing answers there (a synchronous
   * External abort).
   */
  read(address: number, size: number, host: number, secure: boolean): boolean {
    const { u8, view } = this.#memory;
    const ram = this.ramAt(address, secure);
    if (ram?.direct) {
      const from = ram.host + (address - ram.base);
      u8.copyWithin(host, from, from + size);
      return true;
    }
    for (let done = 0; done < size; ) {
      const at = address + done;
      const found = ram?.writes === undefined ? this.#deviceAt(at, secure) : { base: ram.base, device: ram.writes };
      if (found === undefined) return this.#refuse("read", at, size);
      const { device, base } = found;
      const step = sizes.find((candidate) => candidate <= size - done && at % candidate === 0)!;
      const offset = at - base;
      if (offset + step > device.size) return this.#refuse("read", at, size);
      if (this.onDeviceAccess !== undefined) this.onDeviceAccess(device, offset, step, false);
      if (step === 8) {
        if (device.read64) view.setBigUint64(host + done, device.read64(offset), true);
        else {
          view.setUint32(host + done, device.read(offset, 4), true);
          view.setUint32(host + done + 4, device.read(offset + 4, 4), true);
        }
      } else {
        const value = device.read(offset, step);
        if (step === 4) view.setUint32(host + done, value, true);
        else if (step === 2) view.setUint16(host + done, value, true);
        else u8[host + done] = value;
      }
      done += step;
    }
    return true;
  }

  /** Writes from linear memory at `host`; as {@link read}. Code made from the bytes is the caller's to invalidate. */
  write(address: number, size: number, host: number, secure: boolean): boolean {
    const { u8, view } = this.#memory;
    const ram = this.ramAt(address, secure);
    if (ram !== undefined && ram.writes === undefined) {
      u8.copyWithin(ram.host + (address - ram.base), host, host + size);
      return true;
    }
    for (let done = 0; done < size; ) {
      const at = address + done;
      const found = ram?.writes === undefined ? this.#deviceAt(at, secure) : { base: ram.base, device: ram.writes };
      if (found === undefined) return this.#refuse("write", at, size);
      const { device, base } = found;
      const step = sizes.find((candidate) => candidate <= size - done && at % candidate === 0)!;
      const offset = at - base;
      if (offset + step > device.size) return this.#refuse("write", at, size);
      if (this.onDeviceAccess !== undefined) this.onDeviceAccess(device, offset, step, true);
      if (step === 8) {
        if (device.write64) device.write64(offset, view.getBigUint64(host + done, true));
        else {
          device.write(offset, 4, view.getUint32(host + done, true));
          device.write(offset + 4, 4, view.getUint32(host + done + 4, true));
        }
      } else if (step === 4) device.write(offset, 4, view.getUint32(host + done, true));
      else if (step === 2) device.write(offset, 2, view.getUint16(host + done, true));
      else device.write(offset, 1, u8[host + done]!);
      done += step;
    }
    return true;
  }

  /** Whether something answers a write there. */
  exists(address: number, secure: boolean): boolean {
    return this.ramAt(address, secure) !== undefined || this.#deviceAt(address, secure) !== undefined;
  }

  #deviceAt(address: number, secure: boolean): MmioRange | undefined {
    if (secure && this.#secureDevices.length > 0) {
      const last = this.#lastSecureDevice;
      const found = last !== undefined && holds(last, address) ? last : search(this.#secureDevices, address);
      if (found !== undefined) {
        this.#lastSecureDevice = found;
        return found;
      }
    }
    const last = this.#lastDevice;
    if (last !== undefined && holds(last, address)) return last;
    const found = search(this.#devices, address);
    if (found !== undefined) this.#lastDevice = found;
    return found;
  }

  /** Logs a store to where nothing is. */
  refuseWrite(address: number): void {
    if (this.#log.enabled("guest")) this.#log.write("guest", `write at 0x${address.toString(16)}, where nothing is`);
  }

  /** Logs a fetch from where no memory is. */
  refuseFetch(address: number): void {
    if (this.#log.enabled("guest")) this.#log.write("guest", `fetch at 0x${address.toString(16)}, where no memory is`);
  }

  #refuse(what: "read" | "write", address: number, size: number): false {
    if (this.#log.enabled("guest"))
      this.#log.write("guest", `${what} of ${size} bytes at 0x${address.toString(16)}, where nothing is`);
    return false;
  }

  #refuseOverlap(name: string, base: number, size: number, secureOnly: boolean): void {
    const check = (other: string, otherBase: number, otherSize: number, otherSecure: boolean) => {
      if (secureOnly === otherSecure && base < otherBase + otherSize && otherBase < base + size)
        throw new Error(`"${name}" at 0x${base.toString(16)} overlaps "${other}" at 0x${otherBase.toString(16)}`);
    };
    for (const range of this.#ram) check(range.name, range.base, range.size, range.secureOnly === true);
    for (const range of this.devices)
      check(range.device.name, range.base, range.device.size, range.secureOnly === true);
  }
}

function holds({ base, device }: MmioRange, address: number): boolean {
  return address >= base && address < base + device.size;
}

/** The device at an address, of a list sorted by address. */
function search(devices: readonly MmioRange[], address: number): MmioRange | undefined {
  let low = 0;
  let high = devices.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const candidate = devices[middle]!;
    if (address < candidate.base) high = middle - 1;
    else if (holds(candidate, address)) return candidate;
    else low = middle + 1;
  }
  return undefined;
}
