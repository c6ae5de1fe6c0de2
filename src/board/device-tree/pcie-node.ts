import { spi } from "../memory-map.js";
import { pcieMap } from "../pcie.js";
import { cells, cells64, type DeviceTreeNode, empty, node, text } from "./tree.js";

const mb = 2 ** 20;
const pins = 4;
/** Space codes of PCI addresses (IEEE 1275's PCI binding), in the first of three cells. */
const space = { io: 0x0100_0000, memory32: 0x0200_0000, memory64: 0x0300_0000 } as const;

export interface PcieNodeOptions {
  readonly gic: number;
  /** The ITS's phandle; without one there are no messages. */
  readonly its: number | undefined;
  readonly highMemory: boolean;
}

/** The PCI Express host (binding pci-host-ecam-generic). */
export function pcieNode(options: PcieNodeOptions): DeviceTreeNode {
  const { ecam, io, memory, memoryHigh } = pcieMap(options.highMemory);
  const range = (kind: number, bus: number, { base, size }: { base: number; size: number }) => [
    kind,
    ...high(bus),
    ...high(base),
    ...high(size),
  ];
  return node(`pcie@${memory.base.toString(16)}`, {
    "interrupt-map-mask": cells(0x1800, 0, 0, 7),
    "interrupt-map": cells(...interruptMap(options.gic)),
    "#interrupt-cells": cells(1),
    ranges: cells(
      ...range(space.io, 0, io),
      ...range(space.memory32, memory.base, memory),
      ...(memoryHigh ? range(space.memory64, memoryHigh.base, memoryHigh) : []),
    ),
    reg: cells64(ecam.base, ecam.size),
    ...(options.its === undefined ? {} : { "msi-map": cells(0, options.its, 0, 0x1_0000) }),
    "dma-coherent": empty,
    "bus-range": cells(0, ecam.size / mb - 1),
    "linux,pci-domain": cells(0),
    "#size-cells": cells(2),
    "#address-cells": cells(3),
    device_type: text("pci"),
    compatible: text("pci-host-ecam-generic"),
  });
}

const high = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value % 2 ** 32];

/** Devices' pins to wires: neighbours begin at different ones. Four devices say it, the mask leaves two bits of their number. */
function interruptMap(gic: number): number[] {
  const rows: number[] = [];
  for (let device = 0; device < pins; device++)
    for (let pin = 0; pin < pins; pin++)
      rows.push(device << 11, 0, 0, pin + 1, gic, 0, 0, 0, spi.pcie + ((device + pin) % pins), 4);
  return rows;
}
