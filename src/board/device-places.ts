import type { MachineDevice } from "./machine-options.js";
import { virtioTransports } from "./memory-map.js";

/** Devices by slot. */
export interface DevicePlaces {
  readonly mmio: readonly (MachineDevice | undefined)[];
  readonly pci: readonly (MachineDevice | undefined)[];
}

const pciSlots = 32;

/**
 * Decides which slot each device takes: the one it asks for, or as on QEMU the highest free one of virtio-mmio and the
 * lowest free one of PCI, where the host bridge has slot 0. A string is a sentence that says why it can't be done.
 */
export function placeDevices(devices: readonly MachineDevice[]): DevicePlaces | string {
  const mmio: (MachineDevice | undefined)[] = Array.from({ length: virtioTransports }, () => undefined);
  const pci: (MachineDevice | undefined)[] = Array.from({ length: pciSlots }, () => undefined);
  for (const device of devices) {
    const { slot } = device;
    if (slot === undefined) continue;
    const [slots, lowest, kind] =
      device.bus === "pci" ? ([pci, 1, "PCI"] as const) : ([mmio, 0, "virtio-mmio"] as const);
    if (!Number.isInteger(slot) || slot < lowest || slot >= slots.length)
      return `there are ${kind} slots ${lowest} to ${slots.length - 1}, no slot ${slot}`;
    if (slots[slot]) return `${kind} slot ${slot} is given to two devices`;
    slots[slot] = device;
  }
  for (const device of devices) {
    if (device.slot !== undefined) continue;
    if (device.bus === "pci") {
      const free = pci.findIndex((each, slot) => slot > 0 && !each);
      if (free < 0) return `the PCI bus has slots for ${pciSlots - 1} devices, and more were given`;
      pci[free] = device;
    } else {
      const free = mmio.findLastIndex((each) => !each);
      if (free < 0) return `the board has virtio-mmio slots for ${virtioTransports} devices, and more were given`;
      mmio[free] = device;
    }
  }
  return { mmio, pci };
}
