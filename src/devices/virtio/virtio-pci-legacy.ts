import type { MmioDevice } from "../../ports/index.js";
import type { VirtioPci } from "./virtio-pci.js";

/** A register of the legacy interface (virtio 1.2 section 4.1.4.10), of exactly `size` bytes. */
export interface LegacyRegister {
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  readonly name: string;
  readonly read: (transport: VirtioPci) => number;
  /** Absent: read-only. */
  readonly write?: (transport: VirtioPci, value: number) => void;
}

// biome-ignore format: one register a line
export const VIRTIO_PCI_LEGACY: readonly LegacyRegister[] = [
  { offset: 0, size: 4, name: "Device Features", read: (t) => t.legacyFeatures },
  { offset: 4, size: 4, name: "Driver Features", read: (t) => Number(t.state.driverFeatures & 0xffffffffn), write: (t, v) => t.writeLegacyFeatures(v) },
  { offset: 8, size: 4, name: "Queue Address", read: (t) => t.legacyQueuePage, write: (t, v) => t.writeLegacyQueuePage(v) },
  { offset: 12, size: 2, name: "Queue Size", read: (t) => t.selected?.maxSize ?? 0 },
  { offset: 14, size: 2, name: "Queue Select", read: (t) => t.state.queueSelect, write: (t, v) => t.select("queueSelect", v) },
  { offset: 16, size: 2, name: "Queue Notify", read: () => 0, write: (t, v) => t.notify(v) },
  { offset: 18, size: 1, name: "Device Status", read: (t) => t.state.status, write: (t, v) => t.writeLegacyStatus(v) },
  { offset: 19, size: 1, name: "ISR Status", read: (t) => t.readInterruptStatus() },
];

/** Registers that are there while MSI-X is enabled. */
// biome-ignore format: one register a line
const VECTORS: readonly LegacyRegister[] = [
  { offset: 20, size: 2, name: "Configuration Vector", read: (t) => t.configurationVector, write: (t, v) => t.setVector("configuration", v) },
  { offset: 22, size: 2, name: "Queue Vector", read: (t) => t.selectedVector, write: (t, v) => t.setVector("queue", v) },
];
const WITH_VECTORS = [...VIRTIO_PCI_LEGACY, ...VECTORS];
const CONFIGURATION_OFFSET = 20;
const CONFIGURATION_OFFSET_WITH_VECTORS = 24;

/** The I/O region that drivers from before version 1 use, `configurationBytes` of device configuration behind its registers. */
export function legacyRegion(transport: () => VirtioPci, configurationBytes: number): MmioDevice {
  const find = (offset: number, size: number): { register?: LegacyRegister; configuration: number } => {
    const { usesVectors } = transport();
    return {
      configuration: offset - (usesVectors ? CONFIGURATION_OFFSET_WITH_VECTORS : CONFIGURATION_OFFSET),
      ...only(
        (usesVectors ? WITH_VECTORS : VIRTIO_PCI_LEGACY).find((each) => each.offset === offset && each.size === size),
      ),
    };
  };
  return {
    name: "virtio-pci-legacy",
    size: 2 ** Math.ceil(Math.log2(CONFIGURATION_OFFSET_WITH_VECTORS + configurationBytes)),
    read(offset, size) {
      const { register, configuration } = find(offset, size);
      if (configuration >= 0) return transport().readConfiguration(configuration, size);
      return register ? register.read(transport()) : 2 ** (8 * size) - 1;
    },
    write(offset, size, value) {
      const { register, configuration } = find(offset, size);
      if (configuration >= 0) transport().writeConfiguration(configuration, size, value);
      else register?.write?.(transport(), value);
    },
  };
}

function only(register: LegacyRegister | undefined): { register?: LegacyRegister } {
  return register ? { register } : {};
}
