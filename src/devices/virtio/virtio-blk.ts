import type { BlockBackend } from "../../ports/index.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import { type DescriptorChain, VirtioViolation, type Virtqueue } from "./virtqueue.js";

/** Virtio 1.2 section 5.2.3. */
const FEATURE = {
  SEG_MAX: 1n << 2n,
  RO: 1n << 5n,
  BLK_SIZE: 1n << 6n,
  FLUSH: 1n << 9n,
  WRITE_ZEROES: 1n << 14n,
} as const;

/** Section 5.2.6. */
const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;
const T_WRITE_ZEROES = 13;
const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;

const SECTOR = 512;
const HEADER_BYTES = 16;
const ID_BYTES = 20;
const QUEUE_SIZE = 128;
/** As QEMU's: what a queue of 128 leaves beside header and status. */
const SEG_MAX = QUEUE_SIZE - 2;
/** Longest transfer in one request; Linux's are at most a few MiB. It bounds the time that one notification can take. */
const MAX_TRANSFER = 64 * 1024 * 1024;
const MAX_WRITE_ZEROES_SECTORS = MAX_TRANSFER / SECTOR;
const CHUNK = 64 * 1024;

export interface VirtioBlkOptions {
  readonly backend: BlockBackend;
  /** Identification given to VIRTIO_BLK_T_GET_ID, at most 20 ASCII characters; empty by default. */
  readonly serial?: string;
}

/** Block device, virtio 1.2 section 5.2. Requests complete before the notification returns. */
export class VirtioBlk implements VirtioDevice {
  readonly name = "virtio-blk-device";
  readonly deviceId = 2;
  readonly features: bigint;
  readonly queueSizes = [QUEUE_SIZE];
  /** struct virtio_blk_config, section 5.2.4. */
  readonly configuration = new Uint8Array(60);
  readonly #backend: BlockBackend;
  readonly #serial: Uint8Array;
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #status = new Uint8Array(1);
  #bus: VirtioBus | undefined;

  constructor(options: VirtioBlkOptions) {
    this.#backend = options.backend;
    const { readOnly, size } = options.backend;
    this.features = FEATURE.SEG_MAX | FEATURE.BLK_SIZE | FEATURE.FLUSH | (readOnly ? FEATURE.RO : FEATURE.WRITE_ZEROES);
    const view = new DataView(this.configuration.buffer);
    view.setBigUint64(0, BigInt(Math.floor(size / SECTOR)), true);
    view.setUint32(12, SEG_MAX, true);
    view.setUint32(20, SECTOR, true);
    view.setUint16(34, 1, true);
    if (!readOnly) {
      view.setUint32(48, MAX_WRITE_ZEROES_SECTORS, true);
      view.setUint32(52, 1, true);
    }
    this.#serial = new Uint8Array(ID_BYTES);
    this.#serial.set(new TextEncoder().encode(options.serial ?? "").subarray(0, ID_BYTES));
  }

  connect(bus: VirtioBus): void {
    this.#bus = bus;
  }

  service(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      if (chain.readableLength < HEADER_BYTES || chain.writableLength < 1) {
        // Without a place for the status there is no way to answer.
        throw new VirtioViolation("a request without header or status");
      }
      const data = chain.writableLength - 1;
      let given = 0;
      let status: number;
      try {
        [status, given] = this.#serve(chain, data);
      } catch (error) {
        if (!(error instanceof BackendError)) throw error;
        this.#log(error.message);
        status = S_IOERR;
      }
      this.#status[0] = status;
      chain.write(data, this.#status);
      queue.push(chain, given + 1);
    }
  }

  reset(): void {}

  save(): unknown {
    return undefined;
  }

  restore(_state: unknown): void {}

  /** Carries out one request; returns its status and the bytes put into the writable part before the status. */
  #serve(chain: DescriptorChain, writable: number): [status: number, given: number] {
    chain.read(0, this.#header);
    const type = this.#headerView.getUint32(0, true);
    const start = (this.#headerView.getUint32(8, true) + this.#headerView.getUint32(12, true) * 2 ** 32) * SECTOR;
    const readable = chain.readableLength - HEADER_BYTES;
    switch (type) {
      case T_IN:
        if (!this.#inside(start, writable)) return [S_IOERR, 0];
        for (let at = 0; at < writable; at += CHUNK) {
          const piece = this.#piece(writable - at);
          this.#host(() => this.#backend.read(start + at, piece));
          chain.write(at, piece);
        }
        return [S_OK, writable];
      case T_OUT:
        if (this.#backend.readOnly || !this.#inside(start, readable)) return [S_IOERR, 0];
        for (let at = 0; at < readable; at += CHUNK) {
          const piece = this.#piece(readable - at);
          chain.read(HEADER_BYTES + at, piece);
          this.#host(() => this.#backend.write(start + at, piece));
        }
        return [S_OK, 0];
      case T_FLUSH:
        this.#host(() => this.#backend.flush());
        return [S_OK, 0];
      case T_GET_ID:
        return [S_OK, chain.write(0, this.#serial.subarray(0, Math.min(ID_BYTES, writable)))];
      case T_WRITE_ZEROES:
        return [this.#backend.readOnly ? S_UNSUPP : this.#writeZeroes(chain, readable), 0];
      default:
        this.#log(`request type ${type} is not supported`);
        return [S_UNSUPP, 0];
    }
  }

  /** Section 5.2.6: one struct virtio_blk_discard_write_zeroes of sector, num_sectors and flags. */
  #writeZeroes(chain: DescriptorChain, readable: number): number {
    if (readable !== 16) return S_UNSUPP;
    chain.read(HEADER_BYTES, this.#header);
    const start = (this.#headerView.getUint32(0, true) + this.#headerView.getUint32(4, true) * 2 ** 32) * SECTOR;
    const length = this.#headerView.getUint32(8, true) * SECTOR;
    // Flag 0, unmap, is a hint that need not be followed; the others are reserved.
    if (this.#headerView.getUint32(12, true) & ~1) return S_UNSUPP;
    if (!this.#inside(start, length)) return S_IOERR;
    this.#chunk.fill(0);
    for (let at = 0; at < length; at += CHUNK)
      this.#host(() => this.#backend.write(start + at, this.#piece(length - at)));
    return S_OK;
  }

  #piece(left: number): Uint8Array {
    return left >= CHUNK ? this.#chunk : this.#chunk.subarray(0, left);
  }

  #inside(start: number, length: number): boolean {
    if (length % SECTOR === 0 && length <= MAX_TRANSFER && start + length <= this.#backend.size) return true;
    this.#log(`a transfer of ${length} bytes at ${start} does not fit a disk of ${this.#backend.size}`);
    return false;
  }

  #host(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw new BackendError(error instanceof Error ? error.message : String(error));
    }
  }

  #log(text: string): void {
    if (this.#bus?.log.enabled("guest")) this.#bus.log.write("guest", `${this.name}: ${text}`);
  }
}

/** An error of the backend, as opposed to one of the driver. */
class BackendError extends Error {}
