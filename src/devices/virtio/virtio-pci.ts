import type { Log, MmioDevice } from "../../ports/index.js";
import { MsiX, type MsiXState } from "../pci/msi-x.js";
import { type PciCapability, type PciDevice, PciFunction } from "../pci/pci-function.js";
import type { VirtioDevice } from "./virtio-device.js";
import { VIRTIO_PCI_COMMON } from "./virtio-pci-common.js";
import { legacyRegion } from "./virtio-pci-legacy.js";
import { INTERRUPT, VirtioTransport, type VirtioTransportSnapshot } from "./virtio-transport.js";

const RED_HAT = 0x1af4;
const VENDOR_SPECIFIC = 0x09;
/** VIRTIO_MSI_NO_VECTOR. */
const NO_VECTOR = 0xffff;
const NOTIFY_MULTIPLIER = 4;
const REGION_BYTES = 0x1000;

/** BARs as QEMU has them. */
const LEGACY_BAR = 0;
const MSI_X_BAR = 1;
const MODERN_BAR = 4;

/** Structures (section 4.1.4): cfg_type, offset in the BAR, and where the capability is. */
const STRUCTURES = {
  common: { type: 1, offset: 0x0000, capability: 0x40 },
  isr: { type: 3, offset: 0x1000, capability: 0x50 },
  device: { type: 4, offset: 0x2000, capability: 0x60 },
  notify: { type: 2, offset: 0x3000, capability: 0x70 },
} as const;
const PCI_CONFIGURATION = { type: 5, capability: 0x84 } as const;
const MSI_X_CAPABILITY = 0x98;

/** What QEMU's device of each type is on PCI: its name, transitional ID and class. */
const IDENTITIES: Readonly<Record<number, { name: string; deviceId: number; classCode: number }>> = {
  1: { name: "virtio-net-pci", deviceId: 0x1000, classCode: 0x020000 },
  2: { name: "virtio-blk-pci", deviceId: 0x1001, classCode: 0x010000 },
  3: { name: "virtio-serial-pci", deviceId: 0x1003, classCode: 0x078000 },
  4: { name: "virtio-rng-pci", deviceId: 0x1005, classCode: 0x00ff00 },
  9: { name: "virtio-9p-pci", deviceId: 0x1009, classCode: 0x000200 },
};

export interface VirtioPciOptions {
  readonly device: VirtioDevice;
  readonly log: Log;
}

export interface VirtioPciSnapshot extends VirtioTransportSnapshot {
  readonly configuration: Uint8Array;
  readonly msiX: MsiXState;
  readonly configurationVector: number;
  readonly queueVectors: readonly number[];
}

/**
 * Virtio over PCI (virtio 1.2 section 4.1): a transitional device, as QEMU's are, with version 1's interface and the one from before.
 * Interrupts are MSI-X or INTA#.
 */
export class VirtioPci extends VirtioTransport implements PciDevice {
  readonly name: string;
  readonly function: PciFunction;
  /** MSI-X vectors of configuration changes and of each queue; 0xffff for none. */
  configurationVector = NO_VECTOR;
  queueVectors: number[];
  readonly #msiX: MsiX;
  readonly #modern: MmioDevice;

  /** Throws for a device type that has no place in the PCI ID registry's virtio range. */
  constructor({ device, log }: VirtioPciOptions) {
    const identity = IDENTITIES[device.deviceId];
    if (!identity) throw new Error(`${device.name} isn't offered on PCI`);
    const msiX = new MsiX({ vectors: vectorsOf(device), offset: MSI_X_CAPABILITY, bar: MSI_X_BAR });
    // The closures run only once there is a transport.
    const modern: MmioDevice = {
      name: "virtio-pci",
      size: 4 * REGION_BYTES,
      read: (offset, size) => this.#readModern(offset, size),
      write: (offset, size, value) => this.#writeModern(offset, size, value),
    };
    const pciFunction = new PciFunction({
      name: identity.name,
      vendorId: RED_HAT,
      deviceId: identity.deviceId,
      classCode: identity.classCode,
      subsystemVendorId: RED_HAT,
      subsystemId: device.deviceId,
      interrupts: true,
      bars: [
        { index: LEGACY_BAR, kind: "io", device: legacyRegion(() => this, device.configuration.length) },
        { index: MSI_X_BAR, kind: "memory32", device: msiX },
        { index: MODERN_BAR, kind: "memory64", prefetchable: true, device: modern },
      ],
      capabilities: [
        ...Object.values(STRUCTURES).map((structure) => structureCapability(structure)),
        accessCapability(
          () => this.#accessByConfiguration(false),
          () => this.#accessByConfiguration(true),
        ),
        msiX.capability,
      ],
    });
    super({ device, log, dma: pciFunction.dma });
    this.name = identity.name;
    this.function = pciFunction;
    this.queueVectors = device.queueSizes.map(() => NO_VECTOR);
    this.#msiX = msiX;
    this.#modern = modern;
    msiX.connect(pciFunction);
  }

  get queueCount(): number {
    return this.queues.length;
  }

  get usesVectors(): boolean {
    return this.#msiX.enabled;
  }

  get selectedVector(): number {
    return this.queueVectors[this.state.queueSelect] ?? NO_VECTOR;
  }

  /** The ISR status; reading it acknowledges (section 4.1.4.5). */
  readInterruptStatus(): number {
    const status = this.state.interruptStatus;
    this.state.interruptStatus = 0;
    this.#updateInterrupt();
    return status;
  }

  /** Takes a vector that the driver chose for configuration changes or for the selected queue; one that doesn't exist is none (4.1.5.1.2). */
  setVector(which: "configuration" | "queue", value: number): void {
    const vector = value < this.#msiX.vectors ? value : NO_VECTOR;
    if (which === "configuration") this.configurationVector = vector;
    else if (this.selected) this.queueVectors[this.state.queueSelect] = vector;
  }

  /** Section 4.1.4.3.2: the driver writes nothing but 1. */
  enableQueue(value: number): void {
    if (value === 1) this.writeQueueReady(1);
    else this.complain(`${value} written to queue_enable`);
  }

  /** Reset by the driver, through the device status (section 4.1.4.3). */
  override reset(): void {
    super.reset();
    this.configurationVector = NO_VECTOR;
    this.queueVectors.fill(NO_VECTOR);
    this.#updateInterrupt();
  }

  /** Reset of the whole bus. */
  resetFunction(): void {
    this.reset();
    this.state.generation = 0;
    this.#msiX.reset();
    this.function.reset();
  }

  override save(): VirtioPciSnapshot {
    return {
      ...super.save(),
      configuration: this.function.save(),
      msiX: this.#msiX.save(),
      configurationVector: this.configurationVector,
      queueVectors: [...this.queueVectors],
    };
  }

  override restore(snapshot: VirtioPciSnapshot): void {
    super.restore(snapshot);
    this.configurationVector = snapshot.configurationVector;
    this.queueVectors = [...snapshot.queueVectors];
    this.#msiX.restore(snapshot.msiX);
    this.function.restore(snapshot.configuration);
  }

  protected override interruptForQueue(queueIndex: number): void {
    this.#interrupt(INTERRUPT.usedBuffer, this.queueVectors[queueIndex] ?? NO_VECTOR);
  }

  protected override interruptForConfiguration(): void {
    this.#interrupt(INTERRUPT.configuration, this.configurationVector);
  }

  /** Section 4.1.4.5: by message while MSI-X is enabled, else by the ISR status and the pin. */
  #interrupt(cause: number, vector: number): void {
    if (this.#msiX.enabled) {
      if (vector !== NO_VECTOR) this.#msiX.notify(vector);
      return;
    }
    this.state.interruptStatus |= cause;
    this.#updateInterrupt();
  }

  #updateInterrupt(): void {
    this.function.setInterrupt(this.state.interruptStatus !== 0);
  }

  #readModern(offset: number, size: 1 | 2 | 4): number {
    const at = offset % REGION_BYTES;
    switch (offset - at) {
      case STRUCTURES.common.offset: {
        const field = this.#commonField(at, size);
        return field ? (field.read?.(this) ?? 0) : 0;
      }
      case STRUCTURES.isr.offset:
        return at === 0 ? this.readInterruptStatus() : 0;
      case STRUCTURES.device.offset:
        return this.readConfiguration(at, size);
      default:
        return 0;
    }
  }

  #writeModern(offset: number, size: 1 | 2 | 4, value: number): void {
    const at = offset % REGION_BYTES;
    switch (offset - at) {
      case STRUCTURES.common.offset: {
        const field = this.#commonField(at, size);
        if (field?.write) field.write(this, value);
        else if (field) this.complain(`write to the read-only register ${field.name}`);
        return;
      }
      case STRUCTURES.device.offset:
        this.writeConfiguration(at, size, value);
        return;
      case STRUCTURES.notify.offset:
        this.notify(Math.floor(at / NOTIFY_MULTIPLIER));
        return;
    }
  }

  #commonField(offset: number, size: number) {
    const field = VIRTIO_PCI_COMMON.find((each) => each.offset === offset);
    if (field?.size === size) return field;
    this.complain(
      `access of ${size} bytes to the common configuration at 0x${offset.toString(16)}, where no such field is`,
    );
    return undefined;
  }

  /** VIRTIO_PCI_CAP_PCI_CFG (section 4.1.4.9): the regions through configuration space, for those who can't reach BARs. */
  #accessByConfiguration(write: boolean): void {
    const { configuration } = this.function;
    const at = PCI_CONFIGURATION.capability;
    const bar = configuration.get(at + 4, 1);
    const offset = configuration.get(at + 8, 4);
    const length = configuration.get(at + 12, 4);
    if (length !== 1 && length !== 2 && length !== 4) return;
    const region = bar === MODERN_BAR ? this.#modern : bar === MSI_X_BAR ? this.#msiX : undefined;
    if (!region || offset % length !== 0 || offset + length > region.size) {
      this.complain(`access through configuration space to BAR ${bar} at 0x${offset.toString(16)}, where nothing is`);
      return;
    }
    const data = at + 16;
    if (write) region.write(offset, length, configuration.get(data, length));
    else configuration.set(data, length, region.read(offset, length));
  }
}

/** One vector for the configuration and one for each queue; QEMU's network device has one more, for the control queue. */
function vectorsOf(device: VirtioDevice): number {
  if (device.deviceId === 1) return 4;
  return device.deviceId === 3 ? 2 : device.queueSizes.length + 1;
}

/** struct virtio_pci_cap (section 4.1.4). */
function structureCapability({
  type,
  offset,
  capability,
}: (typeof STRUCTURES)[keyof typeof STRUCTURES]): PciCapability {
  const notify = type === STRUCTURES.notify.type;
  return {
    id: VENDOR_SPECIFIC,
    offset: capability,
    registers: [
      { offset: 2, size: 1, name: "cap_len", reset: notify ? 20 : 16 },
      { offset: 3, size: 1, name: "cfg_type", reset: type },
      { offset: 4, size: 1, name: "bar", reset: MODERN_BAR },
      { offset: 8, size: 4, name: "offset", reset: offset },
      { offset: 12, size: 4, name: "length", reset: REGION_BYTES },
      ...(notify ? [{ offset: 16, size: 4, name: "notify_off_multiplier", reset: NOTIFY_MULTIPLIER } as const] : []),
    ],
  };
}

/** struct virtio_pci_cfg_cap: software chooses bar, offset and length, then accesses pci_cfg_data. */
function accessCapability(beforeRead: () => void, written: () => void): PciCapability {
  return {
    id: VENDOR_SPECIFIC,
    offset: PCI_CONFIGURATION.capability,
    registers: [
      { offset: 2, size: 1, name: "cap_len", reset: 20 },
      { offset: 3, size: 1, name: "cfg_type", reset: PCI_CONFIGURATION.type },
      { offset: 4, size: 1, name: "bar", writable: 0xff },
      { offset: 8, size: 4, name: "offset", writable: 0xffff_ffff },
      { offset: 12, size: 4, name: "length", writable: 0xffff_ffff },
      { offset: 16, size: 4, name: "pci_cfg_data", writable: 0xffff_ffff, beforeRead, written },
    ],
  };
}
