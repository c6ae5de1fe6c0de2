import type { Dma, Log } from "../../ports/index.js";
import type { VirtioBus, VirtioDevice } from "./virtio-device.js";
import { VirtioViolation, Virtqueue, type VirtqueueState } from "./virtqueue.js";

/** Device status bits, virtio 1.2 section 2.1. */
export const STATUS = {
  ACKNOWLEDGE: 1,
  DRIVER: 2,
  DRIVER_OK: 4,
  FEATURES_OK: 8,
  NEEDS_RESET: 64,
  FAILED: 128,
} as const;

/** Section 6. */
const FEATURE = {
  RING_INDIRECT_DESC: 1n << 28n,
  RING_EVENT_IDX: 1n << 29n,
  VERSION_1: 1n << 32n,
} as const;
const TRANSPORT_FEATURES = FEATURE.RING_INDIRECT_DESC | FEATURE.RING_EVENT_IDX | FEATURE.VERSION_1;

/** Bits of the ISR status (section 4.1.4.5) and of InterruptStatus (4.2.2). */
export const INTERRUPT = { usedBuffer: 1, configuration: 2 } as const;

const HIGH = 2 ** 32;
/** Where the used ring of a legacy queue begins, and the unit of its address (sections 2.7.2 and 4.1.5.1.3). */
const LEGACY_ALIGNMENT = 4096;

export type AreaName = "descriptorArea" | "driverArea" | "deviceArea";

/** What a driver has told any transport, beside the queues. */
export interface VirtioTransportState {
  status: number;
  interruptStatus: number;
  generation: number;
  deviceFeaturesSelect: number;
  driverFeaturesSelect: number;
  queueSelect: number;
  driverFeatures: bigint;
  /** Whether the driver is from before version 1, and uses that interface. */
  legacy: boolean;
}

export interface VirtioTransportSnapshot {
  readonly transport: VirtioTransportState;
  readonly queues: readonly VirtqueueState[];
  readonly device: unknown;
}

export interface VirtioTransportOptions {
  readonly dma: Dma;
  readonly log: Log;
  /** Absent: there is no device behind the transport. */
  readonly device?: VirtioDevice;
}

/**
 * What all transports do alike: status, features, queues (virtio 1.2 chapters 2 and 3). A driver that breaks the rules
 * gets DEVICE_NEEDS_RESET and a configuration interrupt (section 2.1.2) and is not served until it resets the device.
 */
export abstract class VirtioTransport implements VirtioBus {
  readonly device: VirtioDevice | undefined;
  readonly log: Log;
  readonly offered: bigint;
  state: VirtioTransportState = resetState();
  protected readonly queues: readonly Virtqueue[];
  /** The queue being served: a device's own doing must not start it anew. */
  #serving = -1;

  constructor(options: VirtioTransportOptions) {
    this.log = options.log;
    this.device = options.device;
    this.offered = this.device ? TRANSPORT_FEATURES | this.device.features : 0n;
    this.queues = (this.device?.queueSizes ?? []).map((size) => new Virtqueue(options.dma, size));
    this.device?.connect(this);
  }

  /** Tells the driver of used buffers. */
  protected abstract interruptForQueue(queueIndex: number): void;
  /** Tells the driver of a changed configuration. */
  protected abstract interruptForConfiguration(): void;
  /** The transport's name, where there is no device. */
  abstract readonly name: string;

  get agreed(): bigint {
    const { legacy, status, driverFeatures } = this.state;
    return legacy || status & STATUS.FEATURES_OK ? driverFeatures : 0n;
  }

  get running(): boolean {
    return (this.state.status & (STATUS.DRIVER_OK | STATUS.NEEDS_RESET | STATUS.FAILED)) === STATUS.DRIVER_OK;
  }

  get selected(): Virtqueue | undefined {
    return this.queues[this.state.queueSelect];
  }

  reset(): void {
    this.state = { ...resetState(), generation: this.state.generation };
    for (const queue of this.queues) queue.reset();
    this.device?.reset();
  }

  save(): VirtioTransportSnapshot {
    return {
      transport: { ...this.state },
      queues: this.queues.map((queue) => ({ ...queue.state })),
      device: this.device?.save(),
    };
  }

  restore(snapshot: VirtioTransportSnapshot): void {
    this.state = { ...snapshot.transport };
    for (const [index, queue] of this.queues.entries()) {
      const saved = snapshot.queues[index];
      if (!saved) throw new Error(`${this.device?.name}: the snapshot has no state for queue ${index}`);
      queue.state = { ...saved };
    }
    this.#applyFeatures();
    this.device?.restore(snapshot.device);
  }

  service(queueIndex: number): void {
    const queue = this.queues[queueIndex];
    if (!this.device || !queue || !this.running || this.#serving === queueIndex) return;
    const outer = this.#serving;
    this.#serving = queueIndex;
    try {
      queue.begin();
      this.device.service(queue, queueIndex);
      if (queue.finish()) this.interruptForQueue(queueIndex);
    } catch (error) {
      if (!(error instanceof VirtioViolation)) throw error;
      this.#needsReset(`queue ${queueIndex} has ${error.message}`);
    } finally {
      this.#serving = outer;
    }
  }

  configurationChanged(): void {
    this.state.generation = (this.state.generation + 1) >>> 0;
    if (this.state.status & STATUS.DRIVER_OK) this.interruptForConfiguration();
  }

  select(field: "deviceFeaturesSelect" | "driverFeaturesSelect" | "queueSelect", value: number): void {
    this.state[field] = value;
  }

  get deviceFeatures(): number {
    return word(this.offered, this.state.deviceFeaturesSelect);
  }

  get driverFeatures(): number {
    return word(this.state.driverFeatures, this.state.driverFeaturesSelect);
  }

  writeDriverFeatures(value: number): void {
    const { state } = this;
    if (state.status & STATUS.FEATURES_OK) {
      this.complain("driver features written after FEATURES_OK");
      return;
    }
    if (state.driverFeaturesSelect > 1) {
      if (value) this.complain(`features in word ${state.driverFeaturesSelect}, where none are offered`);
      return;
    }
    const shift = BigInt(32 * state.driverFeaturesSelect);
    state.driverFeatures = (state.driverFeatures & ~(0xffffffffn << shift)) | (BigInt(value) << shift);
  }

  writeQueueSize(value: number): void {
    const queue = this.selected;
    if (!queue || queue.state.ready) {
      this.complain("queue size written for no queue, or for one that is ready");
      return;
    }
    if (value === 0 || value > queue.maxSize || value & (value - 1)) {
      this.complain(`queue size ${value} is not a power of two up to ${queue.maxSize}`);
      return;
    }
    queue.state.size = value;
  }

  readArea(area: AreaName, high: boolean): number {
    const address = this.selected?.state[area] ?? 0;
    return high ? Math.floor(address / HIGH) : address % HIGH;
  }

  writeArea(area: AreaName, value: number, high: boolean): void {
    const queue = this.selected;
    if (!queue || queue.state.ready) {
      this.complain("a queue address written for no queue, or for one that is ready");
      return;
    }
    const now = queue.state[area];
    queue.state[area] = high ? value * HIGH + (now % HIGH) : Math.floor(now / HIGH) * HIGH + value;
  }

  writeQueueReady(value: number): void {
    const queue = this.selected;
    if (!queue) {
      this.complain("queue made ready that does not exist");
      return;
    }
    if (value === 0) {
      queue.state = { ...queue.state, ready: false, nextAvailable: 0, nextUsed: 0, signalled: -1 };
      return;
    }
    const { descriptorArea, driverArea, deviceArea } = queue.state;
    // Section 2.7: the areas' alignments.
    if (descriptorArea % 16 || driverArea % 2 || deviceArea % 4) {
      this.complain("a queue's areas are not aligned");
      return;
    }
    queue.state.ready = true;
  }

  notify(value: number): void {
    if (value >= this.queues.length) {
      this.complain(`notification of queue ${value}, which does not exist`);
      return;
    }
    if (!(this.state.status & STATUS.DRIVER_OK)) {
      this.complain("notification before DRIVER_OK");
      return;
    }
    this.service(value);
  }

  writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const { state } = this;
    const cleared = state.status & ~value & ~STATUS.NEEDS_RESET;
    if (cleared) this.complain(`status bits 0x${cleared.toString(16)} cleared without a reset`);
    let set = value & ~state.status & ~STATUS.NEEDS_RESET;
    if (set & STATUS.FEATURES_OK && !this.#acceptable()) set &= ~STATUS.FEATURES_OK;
    if (set & STATUS.DRIVER_OK && !((state.status | set) & STATUS.FEATURES_OK)) {
      this.complain("DRIVER_OK without FEATURES_OK");
      set &= ~STATUS.DRIVER_OK;
    }
    state.status |= set;
    if (set & STATUS.FEATURES_OK) this.#applyFeatures();
    if (set & STATUS.DRIVER_OK) {
      // Buffers may have been made available before (section 3.1.1 step 7).
      for (let index = 0; index < this.queues.length; index++) this.service(index);
    }
  }

  /** Features offered to a driver from before version 1. */
  get legacyFeatures(): number {
    return word(this.offered, 0);
  }

  /** Sections 2.2.3 and 3.1.2: such a driver doesn't say when it has chosen. What isn't offered is ignored. */
  writeLegacyFeatures(value: number): void {
    this.state.legacy = true;
    this.state.driverFeatures = BigInt(value) & this.offered & 0xffff_ffffn;
    this.#applyFeatures();
  }

  writeLegacyStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const before = this.state.status;
    this.state.legacy = true;
    this.state.status = (value & ~STATUS.NEEDS_RESET) | (before & STATUS.NEEDS_RESET);
    if (value & ~before & STATUS.DRIVER_OK)
      for (let index = 0; index < this.queues.length; index++) this.service(index);
  }

  /** Where the selected queue is, in pages of 4096 bytes. */
  get legacyQueuePage(): number {
    const { selected } = this;
    return selected?.state.ready ? Math.floor(selected.state.descriptorArea / LEGACY_ALIGNMENT) : 0;
  }

  /** Places all three areas of the selected queue (section 2.7.2); 0 resets the device, as on QEMU. */
  writeLegacyQueuePage(page: number): void {
    if (page === 0) {
      this.reset();
      return;
    }
    const queue = this.selected;
    if (!queue) {
      this.complain("a queue address written for no queue");
      return;
    }
    const size = queue.maxSize;
    const descriptorArea = page * LEGACY_ALIGNMENT;
    const driverArea = descriptorArea + 16 * size;
    const deviceArea = Math.ceil((driverArea + 2 * (3 + size)) / LEGACY_ALIGNMENT) * LEGACY_ALIGNMENT;
    this.state.legacy = true;
    queue.reset();
    queue.state = { ...queue.state, size, descriptorArea, driverArea, deviceArea, ready: true };
    this.#applyFeatures();
  }

  readConfiguration(offset: number, size: 1 | 2 | 4): number {
    const bytes = this.device?.configuration;
    if (!bytes) return 0;
    // All ones beyond the end, as QEMU gives.
    if (offset + size > bytes.length) return size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]!;
    return value;
  }

  writeConfiguration(offset: number, size: 1 | 2 | 4, value: number): void {
    if (this.device?.writeConfiguration && offset + size <= this.device.configuration.length) {
      this.device.writeConfiguration(offset, size, value);
    } else this.complain(`write to the configuration space at 0x${offset.toString(16)}`);
  }

  protected complain(text: string): void {
    if (this.log.enabled("guest")) this.log.write("guest", `${this.device?.name ?? this.name}: ${text}`);
  }

  #acceptable(): boolean {
    const { driverFeatures } = this.state;
    if (driverFeatures & ~this.offered) {
      this.complain(`features 0x${(driverFeatures & ~this.offered).toString(16)} accepted that were not offered`);
      return false;
    }
    if (!(driverFeatures & FEATURE.VERSION_1)) {
      this.complain("VIRTIO_F_VERSION_1 not accepted: legacy drivers are not served");
      return false;
    }
    return true;
  }

  #applyFeatures(): void {
    const { agreed } = this;
    for (const queue of this.queues) {
      queue.eventIndex = (agreed & FEATURE.RING_EVENT_IDX) !== 0n;
      queue.indirect = (agreed & FEATURE.RING_INDIRECT_DESC) !== 0n;
    }
  }

  #needsReset(reason: string): void {
    this.complain(`${reason}: the device needs a reset`);
    this.state.status |= STATUS.NEEDS_RESET;
    this.interruptForConfiguration();
  }
}

function word(bits: bigint, select: number): number {
  return select > 1 ? 0 : Number((bits >> BigInt(32 * select)) & 0xffffffffn);
}

function resetState(): VirtioTransportState {
  return {
    status: 0,
    interruptStatus: 0,
    generation: 0,
    deviceFeaturesSelect: 0,
    driverFeaturesSelect: 0,
    queueSelect: 0,
    driverFeatures: 0n,
    legacy: false,
  };
}
