import type { Dma } from "../../ports/index.js";

/** Descriptor flags, virtio 1.2 section 2.7.5. */
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
/** Sections 2.7.6 and 2.7.8: driver's and device's "do not notify me" flag, without event indices. */
const NO_INTERRUPT = 1;

const DESCRIPTOR_BYTES = 16;
/** Longest chain accepted, the same as QEMU's: an indirect table may be longer than its queue. */
const MAX_CHAIN = 1024;
/** Section 2.7.5.2: a chain describes at most 2^32 bytes. */
const MAX_CHAIN_BYTES = 2 ** 32;

/** A driver broke the virtio rules; the transport turns it into DEVICE_NEEDS_RESET. Never leaves the virtio code. */
export class VirtioViolation extends Error {}

/** The buffers of one request: first those that the device may read, then those it may write. */
export class DescriptorChain {
  /** Index of the first descriptor: the request's identity in the used ring. */
  head = 0;
  readableLength = 0;
  writableLength = 0;
  readonly #dma: Dma;
  /** Readable segments come first, then writable ones; the arrays are reused by all requests of a queue. */
  readonly #addresses: number[] = [];
  readonly #lengths: number[] = [];
  #readable = 0;
  #count = 0;

  constructor(dma: Dma) {
    this.#dma = dma;
  }

  /** Descriptors in the chain. */
  get count(): number {
    return this.#count;
  }

  clear(head: number): void {
    this.head = head;
    this.readableLength = 0;
    this.writableLength = 0;
    this.#readable = 0;
    this.#count = 0;
  }

  add(address: number, length: number, writable: boolean): void {
    if (length === 0) throw new VirtioViolation("a descriptor of length zero");
    if (writable) this.writableLength += length;
    else if (this.#readable < this.#count)
      throw new VirtioViolation("a device-readable descriptor after a device-writable one");
    else {
      this.readableLength += length;
      this.#readable++;
    }
    if (this.readableLength + this.writableLength > MAX_CHAIN_BYTES)
      throw new VirtioViolation("a chain of more than 2^32 bytes");
    this.#addresses[this.#count] = address;
    this.#lengths[this.#count] = length;
    this.#count++;
  }

  /** Copies from byte `offset` of the readable part; returns the bytes copied, fewer than asked at the part's end. */
  read(offset: number, target: Uint8Array): number {
    return this.#copy(0, this.#readable, offset, target, false);
  }

  /** Copies to byte `offset` of the writable part; returns the bytes copied, fewer than given at the part's end. */
  write(offset: number, source: Uint8Array): number {
    return this.#copy(this.#readable, this.#count, offset, source, true);
  }

  #copy(first: number, end: number, offset: number, bytes: Uint8Array, toGuest: boolean): number {
    let done = 0;
    for (let i = first; i < end && done < bytes.length; i++) {
      const length = this.#lengths[i]!;
      if (offset >= length) {
        offset -= length;
        continue;
      }
      const part = Math.min(length - offset, bytes.length - done);
      const piece = part === bytes.length ? bytes : bytes.subarray(done, done + part);
      const address = this.#addresses[i]! + offset;
      if (!(toGuest ? this.#dma.write(address, piece) : this.#dma.read(address, piece))) {
        throw new VirtioViolation(`a buffer outside RAM at 0x${address.toString(16)}`);
      }
      done += part;
      offset = 0;
    }
    return done;
  }
}

/** What a driver has set up for one queue, and how far both sides are. */
export interface VirtqueueState {
  size: number;
  ready: boolean;
  descriptorArea: number;
  driverArea: number;
  deviceArea: number;
  /** Next entry of the available ring, modulo 2^16. */
  nextAvailable: number;
  /** Next entry of the used ring, modulo 2^16. */
  nextUsed: number;
  /** `nextUsed` when the driver was last interrupted; -1 before the first time. */
  signalled: number;
}

/**
 * The device's side of a split virtqueue (virtio 1.2 section 2.7). Everything read from guest memory is checked; a
 * breach throws {@link VirtioViolation}. Every loop is bounded by the queue's size or by {@link MAX_CHAIN}.
 */
export class Virtqueue {
  readonly maxSize: number;
  state: VirtqueueState;
  /** Negotiated VIRTIO_F_RING_EVENT_IDX and VIRTIO_F_RING_INDIRECT_DESC. */
  eventIndex = false;
  indirect = false;
  readonly #dma: Dma;
  readonly #chain: DescriptorChain;
  readonly #scratch = new Uint8Array(DESCRIPTOR_BYTES);
  readonly #view = new DataView(this.#scratch.buffer);
  readonly #half = this.#scratch.subarray(0, 2);
  readonly #element = this.#scratch.subarray(0, 8);
  /** Requests that may still be taken in this round, see {@link begin}. */
  #allowance = 0;

  constructor(dma: Dma, maxSize: number) {
    this.#dma = dma;
    this.#chain = new DescriptorChain(dma);
    this.maxSize = maxSize;
    this.state = resetState(maxSize);
  }

  reset(): void {
    this.state = resetState(this.maxSize);
    this.eventIndex = false;
    this.indirect = false;
  }

  /**
   * Starts a round of work. A driver can have at most `size` requests outstanding, so a round takes no more than that:
   * buffers laid over the available ring cannot keep the device busy for ever.
   */
  begin(): void {
    this.#allowance = this.state.size;
  }

  /** Takes the next request, or undefined when there is none. The chain is valid until the next `pop` of this queue. */
  pop(): DescriptorChain | undefined {
    const { state } = this;
    if (!state.ready || this.#allowance === 0) return undefined;
    const pending = (this.#readHalf(state.driverArea + 2) - state.nextAvailable) & 0xffff;
    if (pending === 0) return undefined;
    if (pending > state.size)
      throw new VirtioViolation(`an available index ${pending} ahead in a queue of ${state.size}`);
    this.#allowance--;
    const head = this.#readHalf(state.driverArea + 4 + 2 * (state.nextAvailable % state.size));
    state.nextAvailable = (state.nextAvailable + 1) & 0xffff;
    this.#follow(head);
    return this.#chain;
  }

  /** Gives the request back with `written` bytes in its writable part. */
  push(chain: DescriptorChain, written: number): void {
    const { state } = this;
    this.#view.setUint32(0, chain.head, true);
    this.#view.setUint32(4, written, true);
    this.#write(state.deviceArea + 4 + 8 * (state.nextUsed % state.size), this.#element);
    state.nextUsed = (state.nextUsed + 1) & 0xffff;
    this.#writeHalf(state.deviceArea + 2, state.nextUsed);
  }

  /** Ends a round: asks to be notified of the next request, and tells whether the driver wants an interrupt. */
  finish(): boolean {
    const { state } = this;
    if (!state.ready) return false;
    if (this.eventIndex) this.#writeHalf(state.deviceArea + 4 + 8 * state.size, state.nextAvailable);
    if (state.signalled === state.nextUsed) return false;
    const before = state.signalled;
    state.signalled = state.nextUsed;
    if (this.eventIndex) {
      if (before < 0) return state.nextUsed !== 0;
      // Section 2.7.10: interrupt when used_event lies among the entries just added.
      const usedEvent = this.#readHalf(state.driverArea + 4 + 2 * state.size);
      return ((state.nextUsed - usedEvent - 1) & 0xffff) < ((state.nextUsed - before) & 0xffff);
    }
    if (before < 0 && state.nextUsed === 0) return false;
    return (this.#readHalf(state.driverArea) & NO_INTERRUPT) === 0;
  }

  #follow(head: number): void {
    const chain = this.#chain;
    chain.clear(head);
    let table = this.state.descriptorArea;
    let entries = this.state.size;
    let index = head;
    let inIndirect = false;
    let steps = 0;
    for (;;) {
      if (index >= entries) throw new VirtioViolation(`descriptor index ${index} in a table of ${entries}`);
      if (steps++ >= entries) throw new VirtioViolation("a loop in a descriptor chain");
      this.#read(table + DESCRIPTOR_BYTES * index, this.#scratch);
      const address = this.#view.getUint32(0, true) + this.#view.getUint32(4, true) * 2 ** 32;
      const length = this.#view.getUint32(8, true);
      const flags = this.#view.getUint16(12, true);
      const next = this.#view.getUint16(14, true);
      if (flags & INDIRECT) {
        if (!this.indirect) throw new VirtioViolation("an indirect descriptor without VIRTIO_F_RING_INDIRECT_DESC");
        if (inIndirect) throw new VirtioViolation("an indirect descriptor in an indirect table");
        if (flags & NEXT) throw new VirtioViolation("an indirect descriptor with a next one");
        if (length === 0 || length % DESCRIPTOR_BYTES)
          throw new VirtioViolation(`an indirect table of ${length} bytes`);
        inIndirect = true;
        table = address;
        entries = length / DESCRIPTOR_BYTES;
        if (entries > MAX_CHAIN) throw new VirtioViolation(`an indirect table of ${entries} descriptors`);
        index = 0;
        steps = 0;
        continue;
      }
      chain.add(address, length, (flags & WRITE) !== 0);
      if (!(flags & NEXT)) return;
      index = next;
    }
  }

  #readHalf(address: number): number {
    this.#read(address, this.#half);
    return this.#view.getUint16(0, true);
  }

  #writeHalf(address: number, value: number): void {
    this.#view.setUint16(0, value, true);
    this.#write(address, this.#half);
  }

  #read(address: number, target: Uint8Array): void {
    if (!this.#dma.read(address, target)) throw new VirtioViolation(`a queue outside RAM at 0x${address.toString(16)}`);
  }

  #write(address: number, source: Uint8Array): void {
    if (!this.#dma.write(address, source))
      throw new VirtioViolation(`a queue outside RAM at 0x${address.toString(16)}`);
  }
}

function resetState(size: number): VirtqueueState {
  return {
    size,
    ready: false,
    descriptorArea: 0,
    driverArea: 0,
    deviceArea: 0,
    nextAvailable: 0,
    nextUsed: 0,
    signalled: -1,
  };
}
