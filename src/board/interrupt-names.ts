import { placeDevices } from "./device-places.js";
import type { MachineDevice } from "./machine-options.js";
import { ppi, spi, virtioTransports } from "./memory-map.js";

const ppiNames: Readonly<Record<number, string>> = {
  [ppi.pmu]: "PMU",
  [ppi.gicMaintenance]: "GIC maintenance",
  [ppi.timerHypervisor]: "hypervisor physical timer",
  12: "hypervisor virtual timer",
  [ppi.timerVirtual]: "virtual timer",
  [ppi.timerSecure]: "secure physical timer",
  [ppi.timerNonSecure]: "physical timer",
};

const spiNames: Readonly<Record<number, string>> = {
  [spi.pl011]: "pl011",
  [spi.pl031]: "pl031",
  [spi.pl061]: "pl061",
};

/** Who raises an interrupt of the board, by its INTID; `devices` are the machine's virtio devices. */
export function interruptName(intid: number, devices: readonly MachineDevice[]): string {
  if (intid < 16) return `SGI ${intid}`;
  if (intid < 32) return ppiNames[intid - 16] ?? `PPI ${intid}`;
  if (intid >= 8192) return `LPI ${intid}`;
  const n = intid - 32;
  const slot = n - spi.virtio;
  if (slot >= 0 && slot < virtioTransports) {
    const places = placeDevices(devices);
    return (typeof places === "string" ? undefined : places.mmio[slot]?.kind) ?? `virtio-mmio ${slot}`;
  }
  const pin = n - spi.pcie;
  if (pin >= 0 && pin < 4) return `PCI INT${"ABCD"[pin]}`;
  return spiNames[n] ?? `SPI ${n}`;
}
