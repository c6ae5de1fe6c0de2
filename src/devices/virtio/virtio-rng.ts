import type { Entropy } from "../../ports/index.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import type { Virtqueue } from "./virtqueue.js";

/** Most bytes given for one request; a driver asks again for more (virtio 1.2 section 5.4.6 lets the device give less). */
const MAX_BYTES = 64 * 1024;

/** Entropy device, virtio 1.2 section 5.4. */
export class VirtioRng implements VirtioDevice {
  readonly name = "virtio-rng-device";
  readonly deviceId = 4;
  readonly features = 0n;
  readonly queueSizes = [8];
  readonly configuration = new Uint8Array(0);
  readonly #entropy: Entropy;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  connect(_bus: VirtioBus): void {}

  service(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const bytes = new Uint8Array(Math.min(chain.writableLength, MAX_BYTES));
      this.#entropy.fill(bytes);
      queue.push(chain, chain.write(0, bytes));
    }
  }

  reset(): void {}

  save(): unknown {
    return undefined;
  }

  restore(_state: unknown): void {}
}
