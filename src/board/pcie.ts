import { PcieHost, type VirtioDevice, VirtioPci } from "../devices/index.js";
import type { Its } from "../gic/its.js";
import type { Dma, IrqLine, Log, MmioDevice, MsiTarget } from "../ports/index.js";
import { memoryMap, spi } from "./memory-map.js";

/** Offset of GITS_TRANSLATER in the ITS's frames (IHI 0069, 12.18.6). */
const translater = 0x1_0040;

export interface BoardPcieOptions {
  /** Where messages become interrupts; undefined: they are written to memory, and devices have their pins only. */
  readonly its: Its | undefined;
  readonly interrupt: (spi: number) => IrqLine;
  readonly dma: Dma;
  readonly log: Log;
  readonly highMemory: boolean;
  addDevice(base: number, device: MmioDevice): void;
}

/** The PCI Express part of the board's memory map, with and without addresses above 4 GB. */
export function pcieMap(highMemory: boolean) {
  const { pcieEcam, pcieEcamHigh, pcieIo, pcieMemory, pcieMemoryHigh } = memoryMap;
  return {
    ecam: highMemory ? pcieEcamHigh : pcieEcam,
    io: pcieIo,
    memory: pcieMemory,
    memoryHigh: highMemory ? pcieMemoryHigh : undefined,
  };
}

/** The board's PCI Express host: its windows, its wires to the interrupt controller, its messages to the ITS. */
export class BoardPcie {
  readonly host: PcieHost;
  readonly #log: Log;

  constructor(options: BoardPcieOptions) {
    this.#log = options.log;
    const { ecam, io, memory, memoryHigh } = pcieMap(options.highMemory);
    this.host = new PcieHost({
      ecamSize: ecam.size,
      interrupts: [0, 1, 2, 3].map((wire) => options.interrupt(spi.pcie + wire)),
      dma: options.dma,
      msi: messagesTo(options.its, options.dma),
      log: options.log,
    });
    options.addDevice(ecam.base, this.host.ecam);
    options.addDevice(io.base, this.host.window("gpex_ioport_window", { space: "io", base: 0, size: io.size }));
    options.addDevice(memory.base, this.host.window("gpex_mmio_window", { space: "memory", ...memory }));
    if (memoryHigh)
      options.addDevice(memoryHigh.base, this.host.window("gpex_mmio_window_high", { space: "memory", ...memoryHigh }));
  }

  /** Puts a virtio device into a slot of the root bus. */
  add(slot: number, device: VirtioDevice): void {
    this.host.add(slot, new VirtioPci({ device, log: this.#log }));
  }

  reset(): void {
    this.host.reset();
  }
}

/** Messages are writes of 32 bits to the bus; the requester's number is the DeviceID, as the tree's msi-map says. */
function messagesTo(its: Its | undefined, dma: Dma): MsiTarget {
  const bytes = new Uint8Array(4);
  return {
    write: (requester, address, data) => {
      if (its && address === memoryMap.gicIts.base + translater) {
        its.signal(requester, data);
        return true;
      }
      new DataView(bytes.buffer).setUint32(0, data, true);
      return dma.write(address, bytes);
    },
  };
}
