import type { IrqLine, MmioDevice } from "../../ports/index.js";
import { type Register, RegisterBlock } from "../registers.js";
import {
  type AreaName,
  INTERRUPT,
  VirtioTransport,
  type VirtioTransportOptions,
  type VirtioTransportSnapshot,
} from "./virtio-transport.js";

const CONFIGURATION_BASE = 0x100;

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
  { offset: 0x010, name: "DeviceFeatures", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Features offered, word chosen by DeviceFeaturesSel", read: (t) => t.deviceFeatures },
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

export interface VirtioMmioOptions extends VirtioTransportOptions {
  readonly irq: IrqLine;
}

/** One virtio-mmio slot, version 2 (virtio 1.2 section 4.2). */
export class VirtioMmio extends VirtioTransport implements MmioDevice {
  readonly name = "virtio-mmio";
  readonly size = 0x200;
  readonly #irq: IrqLine;
  readonly #registers: RegisterBlock<VirtioMmio>;

  constructor(options: VirtioMmioOptions) {
    super(options);
    this.#irq = options.irq;
    this.#registers = new RegisterBlock(this.name, VIRTIO_MMIO_REGISTERS, options.log);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (offset >= CONFIGURATION_BASE) return this.readConfiguration(offset - CONFIGURATION_BASE, size);
    if (size !== 4) {
      this.complain(`${size}-byte read at offset 0x${offset.toString(16)}`);
      return 0;
    }
    // Behind an empty slot's identification there is nothing (section 4.2.2).
    if (!this.device && offset > 0x00c) return 0;
    return this.#registers.read(this, offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (!this.device) return;
    if (offset >= CONFIGURATION_BASE) this.writeConfiguration(offset - CONFIGURATION_BASE, size, value);
    else if (size !== 4) this.complain(`${size}-byte write at offset 0x${offset.toString(16)}`);
    else this.#registers.write(this, offset, size, value);
  }

  override reset(): void {
    super.reset();
    this.#updateIrq();
  }

  override restore(snapshot: VirtioTransportSnapshot): void {
    super.restore(snapshot);
    this.#updateIrq();
  }

  acknowledge(value: number): void {
    this.state.interruptStatus &= ~value;
    this.#updateIrq();
  }

  protected override interruptForQueue(): void {
    this.#interrupt(INTERRUPT.usedBuffer);
  }

  protected override interruptForConfiguration(): void {
    this.#interrupt(INTERRUPT.configuration);
  }

  #interrupt(cause: number): void {
    this.state.interruptStatus |= cause;
    this.#updateIrq();
  }

  #updateIrq(): void {
    this.#irq.set(this.state.interruptStatus !== 0);
  }
}
