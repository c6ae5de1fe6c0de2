import type { Log } from "../../ports/index.js";
import type { Virtqueue } from "./virtqueue.js";

/** What a device may ask of the transport it is plugged into. */
export interface VirtioBus {
  readonly log: Log;
  /** Feature bits that driver and device have agreed on; 0 before FEATURES_OK. */
  readonly agreed: bigint;
  /** Whether the driver has set the device up, and both keep to the rules. */
  readonly running: boolean;
  /** Has the device serve a queue now, as when the driver notifies it: for work that comes from outside. */
  service(queueIndex: number): void;
  /** Tells the driver that the configuration space changed. */
  configurationChanged(): void;
}

/**
 * A virtio device behind a transport. `service` is called only while the driver has set DRIVER_OK; it takes requests
 * with `queue.pop()` and gives them back with `queue.push()`. Errors of backends are the device's to catch.
 */
export interface VirtioDevice {
  /** As in QEMU's `-device` ("virtio-blk-device"). */
  readonly name: string;
  /** Virtio 1.2 section 5. */
  readonly deviceId: number;
  /** Device-specific feature bits offered. */
  readonly features: bigint;
  /** Largest size of each queue. */
  readonly queueSizes: readonly number[];
  /** The configuration space as the driver reads it. */
  readonly configuration: Uint8Array;
  connect(bus: VirtioBus): void;
  service(queue: Virtqueue, queueIndex: number): void;
  /** The driver wrote `value` to the configuration space; absent: such writes are refused. */
  writeConfiguration?(offset: number, size: 1 | 2 | 4, value: number): void;
  reset(): void;
  /** State that a snapshot must hold beyond what the transport holds; structured-cloneable. */
  save(): unknown;
  restore(state: unknown): void;
}
