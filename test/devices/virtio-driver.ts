import type { Script } from "./script.js";

export const VIRTIO_MMIO = {
  deviceFeatures: 0x10,
  deviceFeaturesSelect: 0x14,
  driverFeatures: 0x20,
  driverFeaturesSelect: 0x24,
  queueSelect: 0x30,
  queueSize: 0x38,
  queueReady: 0x44,
  queueNotify: 0x50,
  interruptStatus: 0x60,
  interruptAcknowledge: 0x64,
  status: 0x70,
  descriptors: 0x80,
  driverArea: 0x90,
  deviceArea: 0xa0,
} as const;

export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly writable?: boolean;
}

/** VIRTIO_F_VERSION_1, the one bit that has to be accepted. */
export const VERSION_1 = 1n << 32n;
export const INDIRECT = 1n << 28n;
export const EVENT_INDEX = 1n << 29n;

/** A minimal driver that writes its accesses into a script. One queue at a time is laid out from `area` on. */
export class VirtioDriver {
  readonly size = 8;
  readonly #script: Script;
  readonly #slot: number;
  readonly #area: number;
  #available = 0;
  #descriptor = 0;

  constructor(script: Script, slot: number, area: number) {
    this.#script = script;
    this.#slot = slot;
    this.#area = area;
  }

  get descriptors(): number {
    return this.#area;
  }

  get available(): number {
    return this.#area + 0x1000;
  }

  get used(): number {
    return this.#area + 0x2000;
  }

  /** Resets the device, accepts `features` and makes queue `queue` ready. */
  start(features = VERSION_1, queue = 0): this {
    const { status } = VIRTIO_MMIO;
    this.#register(status, 0);
    this.#register(status, 3);
    for (const word of [0, 1]) {
      this.#register(VIRTIO_MMIO.driverFeaturesSelect, word);
      this.#register(VIRTIO_MMIO.driverFeatures, Number((features >> BigInt(32 * word)) & 0xffffffffn));
    }
    this.#register(status, 0xb);
    this.#register(VIRTIO_MMIO.queueSelect, queue);
    this.#register(VIRTIO_MMIO.queueSize, this.size);
    this.#register(VIRTIO_MMIO.descriptors, this.descriptors);
    this.#register(VIRTIO_MMIO.driverArea, this.available);
    this.#register(VIRTIO_MMIO.deviceArea, this.used);
    this.#register(VIRTIO_MMIO.queueReady, 1);
    this.#register(status, 0xf);
    return this;
  }

  /** Writes one descriptor. */
  descriptor(at: number, { address, length }: Buffer, flags: number, next: number): this {
    this.#script.write(at, address).write(at + 4, Math.floor(address / 2 ** 32));
    this.#script
      .write(at + 8, length)
      .write(at + 12, flags, 2)
      .write(at + 14, next, 2);
    return this;
  }

  /** Makes a chain available, notifies, and waits for its return. */
  submit(buffers: readonly Buffer[], queue = 0): this {
    if (this.#descriptor + buffers.length > this.size) this.#descriptor = 0;
    const head = this.#descriptor;
    buffers.forEach((buffer, i) => {
      const more = i + 1 < buffers.length;
      const flags = (more ? 1 : 0) | (buffer.writable ? 2 : 0);
      this.descriptor(this.descriptors + 16 * (head + i), buffer, flags, more ? head + i + 1 : 0);
    });
    this.#descriptor += buffers.length;
    return this.offer(head, queue);
  }

  /** Puts `head` into the available ring, notifies, and waits. */
  offer(head: number, queue = 0): this {
    this.#script.write(this.available + 4 + 2 * (this.#available % this.size), head, 2);
    this.#available++;
    this.#script.write(this.available + 2, this.#available & 0xffff, 2);
    this.#register(VIRTIO_MMIO.queueNotify, queue);
    this.#script.wait(this.used + 2, this.#available & 0xffff);
    return this;
  }

  /** Reads the used entry of the request submitted last. */
  readUsed(): this {
    const entry = this.used + 4 + 8 * ((this.#available - 1) % this.size);
    this.#script
      .read(this.used + 2, 2)
      .read(entry)
      .read(entry + 4);
    return this;
  }

  #register(offset: number, value: number): void {
    this.#script.write(this.#slot + offset, value);
  }
}
