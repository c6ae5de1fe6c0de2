import type { CharacterBackend } from "../../ports/index.js";
import { ByteQueue } from "../byte-queue.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import type { Virtqueue } from "./virtqueue.js";

/** VIRTIO_CONSOLE_F_EMERG_WRITE, section 5.3.3. */
const F_EMERG_WRITE = 1n << 2n;
const EMERG_WR_OFFSET = 8;
const RECEIVEQ = 0;
const TRANSMITQ = 1;
const CHUNK = 4096;

/**
 * Console device with one port, virtio 1.2 section 5.3: a virtio-serial-device with one virtconsole. Input that finds
 * no buffer waits on the host's side.
 */
export class VirtioConsole implements VirtioDevice {
  readonly name = "virtio-serial-device";
  readonly deviceId = 3;
  readonly features = F_EMERG_WRITE;
  readonly queueSizes = [128, 128];
  /** cols, rows, max_nr_ports, emerg_wr. */
  readonly configuration = new Uint8Array(12);
  readonly #backend: CharacterBackend;
  readonly #input = new ByteQueue();
  readonly #chunk = new Uint8Array(CHUNK);
  #bus: VirtioBus | undefined;

  constructor(backend: CharacterBackend) {
    this.#backend = backend;
    new DataView(this.configuration.buffer).setUint32(4, 1, true);
    backend.onInput((bytes) => {
      this.#input.push(bytes);
      this.#bus?.service(RECEIVEQ);
    });
  }

  connect(bus: VirtioBus): void {
    this.#bus = bus;
  }

  service(queue: Virtqueue, queueIndex: number): void {
    if (queueIndex === TRANSMITQ) this.#transmit(queue);
    else this.#receive(queue);
  }

  writeConfiguration(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === EMERG_WR_OFFSET) this.#backend.write(Uint8Array.of(value & 0xff));
    else if (this.#bus?.log.enabled("guest")) {
      this.#bus.log.write(
        "guest",
        `${this.name}: ${size}-byte write to the configuration space at 0x${offset.toString(16)}`,
      );
    }
  }

  reset(): void {}

  save(): unknown {
    return { input: this.#input.toArray() };
  }

  restore(state: unknown): void {
    this.#input.clear();
    this.#input.push((state as { input: Uint8Array }).input);
  }

  #transmit(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      for (let at = 0; at < chain.readableLength; ) {
        const count = chain.read(at, this.#chunk);
        this.#backend.write(this.#chunk.slice(0, count));
        at += count;
      }
      queue.push(chain, 0);
    }
  }

  #receive(queue: Virtqueue): void {
    while (this.#input.length > 0) {
      const chain = queue.pop();
      if (!chain) return;
      let written = 0;
      while (written < chain.writableLength && this.#input.length > 0) {
        const room = Math.min(CHUNK, chain.writableLength - written);
        const count = this.#input.take(this.#chunk.subarray(0, room));
        written += chain.write(written, this.#chunk.subarray(0, count));
      }
      queue.push(chain, written);
    }
  }
}
