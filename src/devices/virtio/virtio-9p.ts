import type { HostFileSystem } from "../../ports/index.js";
import { MAX_MESSAGE, NinePServer, type NinePSession } from "./nine-p/server.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import type { Virtqueue } from "./virtqueue.js";

/** VIRTIO_9P_MOUNT_TAG: the configuration space has the tag. */
const F_MOUNT_TAG = 1n;
const MAX_TAG_BYTES = 255;

export interface Virtio9POptions {
  readonly files: HostFileSystem;
  /** What the guest mounts: QEMU's `mount_tag`. */
  readonly mountTag: string;
}

/** 9P transport device, virtio 1.2 section 5.16 (device ID 9): a folder of the host. */
export class Virtio9P implements VirtioDevice {
  readonly name = "virtio-9p-device";
  readonly deviceId = 9;
  readonly features = F_MOUNT_TAG;
  readonly queueSizes = [128];
  /** tag_len[2] tag[tag_len]. */
  readonly configuration: Uint8Array;
  readonly #server: NinePServer;
  #bus: VirtioBus | undefined;

  constructor(options: Virtio9POptions) {
    const tag = new TextEncoder().encode(options.mountTag);
    if (tag.length === 0 || tag.length > MAX_TAG_BYTES) {
      throw new Error(`the mount tag "${options.mountTag}" must have 1 to ${MAX_TAG_BYTES} bytes`);
    }
    this.configuration = new Uint8Array(2 + tag.length);
    this.configuration[0] = tag.length;
    this.configuration.set(tag, 2);
    this.#server = new NinePServer(options.files, (text) => {
      if (this.#bus?.log.enabled("guest")) this.#bus.log.write("guest", `${this.name}: ${text}`);
    });
  }

  connect(bus: VirtioBus): void {
    this.#bus = bus;
  }

  service(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const message = new Uint8Array(Math.min(chain.readableLength, MAX_MESSAGE));
      chain.read(0, message);
      const answer = this.#server.answer(message, chain.writableLength);
      queue.push(chain, answer ? chain.write(0, answer) : 0);
    }
  }

  reset(): void {
    this.#server.reset();
  }

  save(): unknown {
    return this.#server.save();
  }

  restore(state: unknown): void {
    this.#server.restore(state as NinePSession);
  }
}
