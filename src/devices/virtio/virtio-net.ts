import type { Clock, NetworkBackend } from "../../ports/index.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import { VirtioViolation, type Virtqueue } from "./virtqueue.js";

/** Virtio 1.2 section 5.1.3. Checksum and segmentation offloads aren't offered: frames are whole. */
const FEATURE = { MAC: 1n << 5n, STATUS: 1n << 16n, VERSION_1: 1n << 32n } as const;
const RECEIVEQ = 0;
const TRANSMITQ = 1;
const QUEUE_SIZE = 256;
/** struct virtio_net_hdr (section 5.1.6): num_buffers comes with version 1. */
const LEGACY_HEADER_BYTES = 10;
const HEADER_BYTES = 12;
const NUM_BUFFERS = 10;
const STATUS_LINK_UP = 1;
/** An Ethernet frame with a VLAN tag, without the check sequence. */
const LARGEST_FRAME = 1518;
/** Frames that wait for the driver's buffers; those that come later are lost, as on a wire. */
const LARGEST_BACKLOG = 1024;

export interface VirtioNetOptions {
  readonly backend: NetworkBackend;
  readonly clock: Clock;
  /** Six bytes. */
  readonly mac: Uint8Array;
}

/** Network device, virtio 1.2 section 5.1, with one pair of queues. */
export class VirtioNet implements VirtioDevice {
  readonly name = "virtio-net-device";
  readonly deviceId = 1;
  readonly features = FEATURE.MAC | FEATURE.STATUS;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  /** mac and status of struct virtio_net_config. */
  readonly configuration = new Uint8Array(8);
  readonly #backend: NetworkBackend;
  readonly #buffer = new Uint8Array(HEADER_BYTES + LARGEST_FRAME);
  #backlog: Uint8Array[] = [];
  #bus: VirtioBus | undefined;

  constructor(options: VirtioNetOptions) {
    this.#backend = options.backend;
    this.configuration.set(options.mac);
    this.configuration[6] = STATUS_LINK_UP;
    this.#backend.connect({ clock: options.clock, receive: (frame) => this.#receive(frame) });
  }

  connect(bus: VirtioBus): void {
    this.#bus = bus;
  }

  service(queue: Virtqueue, queueIndex: number): void {
    if (queueIndex === TRANSMITQ) this.#transmit(queue);
    else if (queueIndex === RECEIVEQ) this.#fill(queue);
  }

  reset(): void {
    this.#backlog = [];
  }

  save(): unknown {
    return { backlog: this.#backlog };
  }

  restore(state: unknown): void {
    this.#backlog = [...(state as { backlog: Uint8Array[] }).backlog];
  }

  get #headerBytes(): number {
    return (this.#bus?.agreed ?? 0n) & FEATURE.VERSION_1 ? HEADER_BYTES : LEGACY_HEADER_BYTES;
  }

  #transmit(queue: Virtqueue): void {
    const header = this.#headerBytes;
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const length = chain.readableLength - header;
      if (length < 0) throw new VirtioViolation("a frame without its header");
      if (length > LARGEST_FRAME) this.#log(`a frame of ${length} bytes is too long, and dropped`);
      else {
        const frame = new Uint8Array(length);
        chain.read(header, frame);
        this.#backend.send(frame);
      }
      queue.push(chain, 0);
    }
  }

  #receive(frame: Uint8Array): void {
    if (!this.#bus?.running || this.#backlog.length >= LARGEST_BACKLOG || frame.length > LARGEST_FRAME) return;
    this.#backlog.push(frame);
    this.#bus?.service(RECEIVEQ);
  }

  #fill(queue: Virtqueue): void {
    const header = this.#headerBytes;
    let taken = 0;
    for (const frame of this.#backlog) {
      const chain = queue.pop();
      if (!chain) break;
      const bytes = this.#buffer.subarray(0, header + frame.length);
      bytes.fill(0, 0, header);
      if (header === HEADER_BYTES) bytes[NUM_BUFFERS] = 1;
      bytes.set(frame, header);
      if (chain.writableLength < bytes.length) {
        // Without VIRTIO_NET_F_MRG_RXBUF a buffer must hold any frame (section 5.1.6.3.1).
        this.#log(`a receive buffer of ${chain.writableLength} bytes can't hold a frame of ${frame.length}`);
        queue.push(chain, 0);
      } else queue.push(chain, chain.write(0, bytes));
      taken++;
    }
    if (taken > 0) this.#backlog.splice(0, taken);
  }

  #log(text: string): void {
    if (this.#bus?.log.enabled("guest")) this.#bus.log.write("guest", `${this.name}: ${text}`);
  }
}
