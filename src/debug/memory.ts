import type { Machine } from "../board/machine.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import { PeState } from "../cpu/state-layout.js";
import { AccessKind } from "../cpu/translation/walker.js";

/** A physical address, and in which physical address space. */
interface Place {
  readonly address: number;
  readonly secure: boolean;
}

/** Sizes of the accesses that devices are given. */
const deviceSizes = [8, 4, 2, 1] as const;

/**
 * Memory as a debugger sees it from a PE: through the PE's current translation, whatever the privilege, or physically. RAM is read
 * and written without a trace; a device is accessed as by the PE.
 */
export class DebugMemory {
  readonly #machine: Machine;
  /** Addresses are physical ones. */
  physical = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** As many of `length` bytes as can be read from `address` on. */
  read(pe: number, address: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const done = this.#eachPiece(pe, address, length, (place, at, size) => this.#readPiece(pe, place, bytes, at, size));
    return bytes.subarray(0, done);
  }

  /** False, with a part written, where it can't be written. */
  write(pe: number, address: bigint, bytes: Uint8Array): boolean {
    const done = this.#eachPiece(pe, address, bytes.length, (place, at, size) =>
      this.#writePiece(pe, place, bytes.subarray(at, at + size)),
    );
    return done === bytes.length;
  }

  /** Goes through the pages of a range while `action` succeeds; gives the number of bytes that it did for. */
  #eachPiece(
    pe: number,
    address: bigint,
    length: number,
    action: (place: Place, at: number, size: number) => boolean,
  ): number {
    let at = 0;
    while (at < length) {
      const from = BigInt.asUintN(64, address + BigInt(at));
      const size = Math.min(length - at, 4096 - Number(from & 4095n));
      const place = this.#place(this.#machine.debug.processors[pe]!, from);
      if (place === undefined || !action(place, at, size)) break;
      at += size;
    }
    return at;
  }

  #place(pe: ProcessingElement, address: bigint): Place | undefined {
    if (this.physical) return address < 2n ** 52n ? { address: Number(address), secure: pe.secure } : undefined;
    const { walker } = pe;
    const low = Number(address & 0xffff_ffffn) | 0;
    const high = Number(address >> 32n) | 0;
    // Without access flags and dirty state set on the way.
    walker.inspecting = true;
    try {
      if (!walker.translate(low, high, AccessKind.read, pe.regime, true, false, pe.secure)) return undefined;
    } finally {
      walker.inspecting = false;
    }
    return { address: walker.physical, secure: !walker.nonSecure };
  }

  #readPiece(pe: number, { address, secure }: Place, bytes: Uint8Array, at: number, size: number): boolean {
    const { physical, processors } = this.#machine.debug;
    const { memory, base } = processors[pe]!;
    const host = physical.hostAddress(address, size, secure);
    if (host >= 0) {
      bytes.set(memory.u8.subarray(host, host + size), at);
      return true;
    }
    const scratch = base + PeState.scratch;
    return deviceAccesses(address, size, (one, offset, step) => {
      physical.requester = pe;
      if (!physical.exists(one, secure) || !physical.read(one, step, scratch, secure)) return false;
      bytes.set(memory.u8.subarray(scratch, scratch + step), at + offset);
      return true;
    });
  }

  #writePiece(pe: number, { address, secure }: Place, bytes: Uint8Array): boolean {
    const { physical, processors } = this.#machine.debug;
    if (physical.hostAddress(address, bytes.length, secure) >= 0) return this.#machine.writeMemory(address, bytes);
    const { memory, base } = processors[pe]!;
    const scratch = base + PeState.scratch;
    return deviceAccesses(address, bytes.length, (one, offset, step) => {
      physical.requester = pe;
      memory.u8.set(bytes.subarray(offset, offset + step), scratch);
      return physical.exists(one, secure) && physical.write(one, step, scratch, secure);
    });
  }
}

/** Splits a range into naturally aligned accesses. */
function deviceAccesses(
  address: number,
  size: number,
  action: (address: number, offset: number, step: number) => boolean,
): boolean {
  for (let offset = 0; offset < size; ) {
    const at = address + offset;
    const step = deviceSizes.find((candidate) => candidate <= size - offset && at % candidate === 0)!;
    if (!action(at, offset, step)) return false;
    offset += step;
  }
  return true;
}
