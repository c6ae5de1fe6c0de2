import type { Dma, IrqLine, Log, MmioDevice } from "../../ports/index.js";
import { type Register, RegisterBlock } from "../registers.js";
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

const INTERRUPT_USED_BUFFER = 1;
const INTERRUPT_CONFIGURATION = 2;

const CONFIGURATION_BASE = 0x100;
const HIGH = 2 ** 32;

type AreaName = "descriptorArea" | "driverArea" | "deviceArea";

/** The low and high word of a queue area's address. */
function areaRegisters(offset: number, name: string, area: AreaName, purpose: string): Register<VirtioMmio>[] {
  return [
    {
      offset,
      name: `${name}Low`,
      access: "WO",
      reset: 0,
      bits: 0xffffffff,
      purpose: `${purpose}, low word`,
      write: (t, v) => t.writeArea(area, v, false),
    },
    {
      offset: offset + 4,
      name: `${name}High`,
      access: "WO",
      reset: 0,
      bits: 0xffffffff,
      purpose: `${purpose}, high word`,
      write: (t, v) => t.writeArea(area, v, true),
    },
  ];
}

function noSharedMemory(offset: number, name: string): Register<VirtioMmio> {
  return {
    offset,
    name,
    access: "RO",
    reset: 0xffffffff,
    bits: 0xffffffff,
    purpose: "Shared memory: there is none",
    read: (t) => (t.device ? 0xffffffff : 0),
  };
}

/** Virtio over MMIO, virtio 1.2 section 4.2.2. Resets are those of a slot without a device. */
// biome-ignore format: one register a line
export const VIRTIO_MMIO_REGISTERS: readonly Register<VirtioMmio>[] = [
  { offset: 0x000, name: "MagicValue", access: "RO", reset: 0x74726976, bits: 0xffffffff, purpose: '"virt"' },
  { offset: 0x004, name: "Version", access: "RO", reset: 2, bits: 0xffffffff, purpose: "Version: legacy (1) is not offered" },
  { offset: 0x008, name: "DeviceID", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Device type, 0 for an empty slot", read: (t) => t.device?.deviceId ?? 0 },
  { offset: 0x00c, name: "VendorID", access: "RO", reset: 0x554d4551, bits: 0xffffffff, purpose: '"QEMU", whose board this is' },
  { offset: 0x010, name: "DeviceFeatures", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Features offered, word chosen by DeviceFeaturesSel", read: (t) => word(t.offered, t.state.deviceFeaturesSelect) },
  { offset: 0x014, name: "DeviceFeaturesSel", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Word of DeviceFeatures", write: (t, v) => t.select("deviceFeaturesSelect", v) },
  { offset: 0x020, name: "DriverFeatures", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Features accepted, word chosen by DriverFeaturesSel", write: (t, v) => t.writeDriverFeatures(v) },
  { offset: 0x024, name: "DriverFeaturesSel", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Word of DriverFeatures", write: (t, v) => t.select("driverFeaturesSelect", v) },
  { offset: 0x030, name: "QueueSel", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Queue that the following registers mean", write: (t, v) => t.select("queueSelect", v) },
  { offset: 0x034, name: "QueueNumMax", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Largest queue size, 0 for no such queue", read: (t) => t.selected?.maxSize ?? 0 },
  { offset: 0x038, name: "QueueNum", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Queue size", write: (t, v) => t.writeQueueSize(v) },
  { offset: 0x044, name: "QueueReady", access: "RW", reset: 0, bits: 0x1, purpose: "Queue is live", read: (t) => (t.selected?.state.ready ? 1 : 0), write: (t, v) => t.writeQueueReady(v) },
  { offset: 0x050, name: "QueueNotify", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Queue with new buffers", write: (t, v) => t.notify(v) },
  { offset: 0x060, name: "InterruptStatus", access: "RO", reset: 0, bits: 0x3, purpose: "1: used buffers, 2: configuration change", read: (t) => t.state.interruptStatus },
  { offset: 0x064, name: "InterruptACK", access: "WO", reset: 0, bits: 0x3, purpose: "Clears bits of InterruptStatus", write: (t, v) => t.acknowledge(v) },
  { offset: 0x070, name: "Status", access: "RW", reset: 0, bits: 0xff, purpose: "Device status; writing 0 resets", read: (t) => t.state.status, write: (t, v) => t.writeStatus(v) },
  ...areaRegisters(0x080, "QueueDesc", "descriptorArea", "Descriptor area"),
  ...areaRegisters(0x090, "QueueDriver", "driverArea", "Driver area (available ring)"),
  ...areaRegisters(0x0a0, "QueueDevice", "deviceArea", "Device area (used ring)"),
  { offset: 0x0ac, name: "SHMSel", access: "WO", reset: 0, bits: 0xffffffff, purpose: "Shared memory region: there is none" },
  noSharedMemory(0x0b0, "SHMLenLow"),
  noSharedMemory(0x0b4, "SHMLenHigh"),
  noSharedMemory(0x0b8, "SHMBaseLow"),
  noSharedMemory(0x0bc, "SHMBaseHigh"),
  { offset: 0x0fc, name: "ConfigGeneration", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Changes with every change of the configuration space", read: (t) => t.state.generation },
];

export interface VirtioMmioState {
  status: number;
  interruptStatus: number;
  generation: number;
  deviceFeaturesSelect: number;
  driverFeaturesSelect: number;
  queueSelect: number;
  driverFeatures: bigint;
}

export interface VirtioMmioSnapshot {
  readonly transport: VirtioMmioState;
  readonly queues: readonly VirtqueueState[];
  readonly device: unknown;
}

export interface VirtioMmioOptions {
  readonly irq: IrqLine;
  readonly dma: Dma;
  readonly log: Log;
  /** Absent: an empty slot. */
  readonly device?: VirtioDevice;
}

/**
 * One virtio-mmio slot, version 2 (virtio 1.2 section 4.2). A driver that breaks the rules gets DEVICE_NEEDS_RESET and
 * a configuration interrupt (section 2.1.2) and is not served until it resets the device.
 */
export class VirtioMmio implements MmioDevice, VirtioBus {
  readonly name = "virtio-mmio";
  readonly size = 0x200;
  readonly device: VirtioDevice | undefined;
  readonly log: Log;
  readonly offered: bigint;
  state: VirtioMmioState = resetState();
  readonly #irq: IrqLine;
  readonly #queues: readonly Virtqueue[];
  readonly #registers: RegisterBlock<VirtioMmio>;
  /** The queue being served: a device's own doing must not start it anew. */
  #serving = -1;

  constructor(options: VirtioMmioOptions) {
    this.#irq = options.irq;
    this.log = options.log;
    this.device = options.device;
    this.offered = this.device ? TRANSPORT_FEATURES | this.device.features : 0n;
    this.#queues = (this.device?.queueSizes ?? []).map((size) => new Virtqueue(options.dma, size));
    this.#registers = new RegisterBlock(this.name, VIRTIO_MMIO_REGISTERS, options.log);
    this.device?.connect(this);
  }

  get selected(): Virtqueue | undefined {
    return this.#queues[this.state.queueSelect];
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (offset >= CONFIGURATION_BASE) return this.#readConfiguration(offset - CONFIGURATION_BASE, size);
    if (size !== 4) {
      this.#complain(`${size}-byte read at offset 0x${offset.toString(16)}`);
      return 0;
    }
    // Behind an empty slot's identification there is nothing (section 4.2.2).
    if (!this.device && offset > 0x00c) return 0;
    return this.#registers.read(this, offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (!this.device) return;
    if (offset >= CONFIGURATION_BASE) {
      const at = offset - CONFIGURATION_BASE;
      if (this.device.writeConfiguration && at + size <= this.device.configuration.length) {
        this.device.writeConfiguration(at, size, value);
      } else this.#complain(`write to the configuration space at 0x${at.toString(16)}`);
      return;
    }
    if (size !== 4) {
      this.#complain(`${size}-byte write at offset 0x${offset.toString(16)}`);
      return;
    }
    this.#registers.write(this, offset, size, value);
  }

  reset(): void {
    this.state = { ...resetState(), generation: this.state.generation };
    for (const queue of this.#queues) queue.reset();
    this.device?.reset();
    this.#updateIrq();
  }

  save(): VirtioMmioSnapshot {
    return {
      transport: { ...this.state },
      queues: this.#queues.map((queue) => ({ ...queue.state })),
      device: this.device?.save(),
    };
  }

  restore(snapshot: VirtioMmioSnapshot): void {
    this.state = { ...snapshot.transport };
    for (const [index, queue] of this.#queues.entries()) {
      const saved = snapshot.queues[index];
      if (!saved) throw new Error(`${this.device?.name}: the snapshot has no state for queue ${index}`);
      queue.state = { ...saved };
    }
    this.#applyFeatures();
    this.device?.restore(snapshot.device);
    this.#updateIrq();
  }

  service(queueIndex: number): void {
    const queue = this.#queues[queueIndex];
    if (!this.device || !queue || !this.#running || this.#serving === queueIndex) return;
    const outer = this.#serving;
    this.#serving = queueIndex;
    try {
      queue.begin();
      this.device.service(queue, queueIndex);
      if (queue.finish()) this.#interrupt(INTERRUPT_USED_BUFFER);
    } catch (error) {
      if (!(error instanceof VirtioViolation)) throw error;
      this.#needsReset(`queue ${queueIndex} has ${error.message}`);
    } finally {
      this.#serving = outer;
    }
  }

  configurationChanged(): void {
    this.state.generation = (this.state.generation + 1) >>> 0;
    if (this.state.status & STATUS.DRIVER_OK) this.#interrupt(INTERRUPT_CONFIGURATION);
  }

  select(field: "deviceFeaturesSelect" | "driverFeaturesSelect" | "queueSelect", value: number): void {
    this.state[field] = value;
  }

  writeDriverFeatures(value: number): void {
    const { state } = this;
    if (state.status & STATUS.FEATURES_OK) {
      this.#complain("DriverFeatures written after FEATURES_OK");
      return;
    }
    if (state.driverFeaturesSelect > 1) {
      if (value) this.#complain(`features in word ${state.driverFeaturesSelect}, where none are offered`);
      return;
    }
    const shift = BigInt(32 * state.driverFeaturesSelect);
    state.driverFeatures = (state.driverFeatures & ~(0xffffffffn << shift)) | (BigInt(value) << shift);
  }

  writeQueueSize(value: number): void {
    const queue = this.selected;
    if (!queue || queue.state.ready) {
      this.#complain("QueueNum written for no queue, or for one that is ready");
      return;
    }
    if (value === 0 || value > queue.maxSize || value & (value - 1)) {
      this.#complain(`QueueNum ${value} is not a power of two up to ${queue.maxSize}`);
      return;
    }
    queue.state.size = value;
  }

  writeArea(area: AreaName, value: number, high: boolean): void {
    const queue = this.selected;
    if (!queue || queue.state.ready) {
      this.#complain("a queue address written for no queue, or for one that is ready");
      return;
    }
    const now = queue.state[area];
    queue.state[area] = high ? value * HIGH + (now % HIGH) : Math.floor(now / HIGH) * HIGH + value;
  }

  writeQueueReady(value: number): void {
    const queue = this.selected;
    if (!queue) {
      this.#complain("QueueReady written for no queue");
      return;
    }
    if (value === 0) {
      queue.state = { ...queue.state, ready: false, nextAvailable: 0, nextUsed: 0, signalled: -1 };
      return;
    }
    const { descriptorArea, driverArea, deviceArea } = queue.state;
    // Section 2.7: the areas' alignments.
    if (descriptorArea % 16 || driverArea % 2 || deviceArea % 4) {
      this.#complain("a queue's areas are not aligned");
      return;
    }
    queue.state.ready = true;
  }

  notify(value: number): void {
    if (value >= this.#queues.length) {
      this.#complain(`notification of queue ${value}, which does not exist`);
      return;
    }
    if (!(this.state.status & STATUS.DRIVER_OK)) {
      this.#complain("notification before DRIVER_OK");
      return;
    }
    this.service(value);
  }

  acknowledge(value: number): void {
    this.state.interruptStatus &= ~value;
    this.#updateIrq();
  }

  writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const { state } = this;
    const cleared = state.status & ~value & ~STATUS.NEEDS_RESET;
    if (cleared) this.#complain(`Status bits 0x${cleared.toString(16)} cleared without a reset`);
    let set = value & ~state.status & ~STATUS.NEEDS_RESET;
    if (set & STATUS.FEATURES_OK && !this.#acceptable()) set &= ~STATUS.FEATURES_OK;
    if (set & STATUS.DRIVER_OK && !((state.status | set) & STATUS.FEATURES_OK)) {
      this.#complain("DRIVER_OK without FEATURES_OK");
      set &= ~STATUS.DRIVER_OK;
    }
    state.status |= set;
    if (set & STATUS.FEATURES_OK) this.#applyFeatures();
    if (set & STATUS.DRIVER_OK) {
      // Buffers may have been made available before (section 3.1.1 step 7).
      for (let index = 0; index < this.#queues.length; index++) this.service(index);
    }
  }

  get #running(): boolean {
    return (this.state.status & (STATUS.DRIVER_OK | STATUS.NEEDS_RESET | STATUS.FAILED)) === STATUS.DRIVER_OK;
  }

  #acceptable(): boolean {
    const { driverFeatures } = this.state;
    if (driverFeatures & ~this.offered) {
      this.#complain(`features 0x${(driverFeatures & ~this.offered).toString(16)} accepted that were not offered`);
      return false;
    }
    if (!(driverFeatures & FEATURE.VERSION_1)) {
      this.#complain("VIRTIO_F_VERSION_1 not accepted: legacy drivers are not served");
      return false;
    }
    return true;
  }

  #applyFeatures(): void {
    const agreed = this.state.status & STATUS.FEATURES_OK ? this.state.driverFeatures : 0n;
    for (const queue of this.#queues) {
      queue.eventIndex = (agreed & FEATURE.RING_EVENT_IDX) !== 0n;
      queue.indirect = (agreed & FEATURE.RING_INDIRECT_DESC) !== 0n;
    }
  }

  #readConfiguration(offset: number, size: 1 | 2 | 4): number {
    const bytes = this.device?.configuration;
    if (!bytes) return 0;
    // All ones beyond the end, as QEMU gives.
    if (offset + size > bytes.length) return size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]!;
    return value;
  }

  #needsReset(reason: string): void {
    this.#complain(`${reason}: the device needs a reset`);
    this.state.status |= STATUS.NEEDS_RESET;
    this.#interrupt(INTERRUPT_CONFIGURATION);
  }

  #interrupt(cause: number): void {
    this.state.interruptStatus |= cause;
    this.#updateIrq();
  }

  #updateIrq(): void {
    this.#irq.set(this.state.interruptStatus !== 0);
  }

  #complain(text: string): void {
    if (this.log.enabled("guest")) this.log.write("guest", `${this.device?.name ?? this.name}: ${text}`);
  }
}

function word(bits: bigint, select: number): number {
  return select > 1 ? 0 : Number((bits >> BigInt(32 * select)) & 0xffffffffn);
}

function resetState(): VirtioMmioState {
  return {
    status: 0,
    interruptStatus: 0,
    generation: 0,
    deviceFeaturesSelect: 0,
    driverFeaturesSelect: 0,
    queueSelect: 0,
    driverFeatures: 0n,
  };
}
