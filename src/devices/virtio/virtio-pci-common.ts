import type { VirtioPci } from "./virtio-pci.js";
import type { AreaName } from "./virtio-transport.js";

/** A field of the common configuration. Drivers access fields in their natural width (virtio 1.2 section 4.1.3.1). */
export interface CommonField {
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  readonly name: string;
  /** Absent: reads as zero. */
  readonly read?: (transport: VirtioPci) => number;
  /** Absent: read-only. */
  readonly write?: (transport: VirtioPci, value: number) => void;
}

/** The two words of a queue area's address. */
function area(offset: number, name: string, which: AreaName): CommonField[] {
  return [false, true].map((high) => ({
    offset: offset + (high ? 4 : 0),
    size: 4,
    name: high ? `${name}, high word` : name,
    read: (t) => t.readArea(which, high),
    write: (t, v) => t.writeArea(which, v, high),
  }));
}

/** struct virtio_pci_common_cfg, virtio 1.2 section 4.1.4.3; VIRTIO_F_NOTIFICATION_DATA and RING_RESET aren't offered. */
// biome-ignore format: one field a line
export const VIRTIO_PCI_COMMON: readonly CommonField[] = [
  { offset: 0x00, size: 4, name: "device_feature_select", read: (t) => t.state.deviceFeaturesSelect, write: (t, v) => t.select("deviceFeaturesSelect", v) },
  { offset: 0x04, size: 4, name: "device_feature", read: (t) => t.deviceFeatures },
  { offset: 0x08, size: 4, name: "driver_feature_select", read: (t) => t.state.driverFeaturesSelect, write: (t, v) => t.select("driverFeaturesSelect", v) },
  { offset: 0x0c, size: 4, name: "driver_feature", read: (t) => t.driverFeatures, write: (t, v) => t.writeDriverFeatures(v) },
  { offset: 0x10, size: 2, name: "config_msix_vector", read: (t) => t.configurationVector, write: (t, v) => t.setVector("configuration", v) },
  { offset: 0x12, size: 2, name: "num_queues", read: (t) => t.queueCount },
  { offset: 0x14, size: 1, name: "device_status", read: (t) => t.state.status, write: (t, v) => t.writeStatus(v) },
  { offset: 0x15, size: 1, name: "config_generation", read: (t) => t.state.generation & 0xff },
  { offset: 0x16, size: 2, name: "queue_select", read: (t) => t.state.queueSelect, write: (t, v) => t.select("queueSelect", v) },
  { offset: 0x18, size: 2, name: "queue_size", read: (t) => t.selected?.state.size ?? 0, write: (t, v) => t.writeQueueSize(v) },
  { offset: 0x1a, size: 2, name: "queue_msix_vector", read: (t) => t.selectedVector, write: (t, v) => t.setVector("queue", v) },
  { offset: 0x1c, size: 2, name: "queue_enable", read: (t) => (t.selected?.state.ready ? 1 : 0), write: (t, v) => t.enableQueue(v) },
  { offset: 0x1e, size: 2, name: "queue_notify_off", read: (t) => t.state.queueSelect },
  ...area(0x20, "queue_desc", "descriptorArea"),
  ...area(0x28, "queue_driver", "driverArea"),
  ...area(0x30, "queue_device", "deviceArea"),
];
