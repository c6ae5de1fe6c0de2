import type { Dma, IrqLine, Log, MmioDevice, MsiTarget } from "../../ports/index.js";
import { CONFIGURATION_BYTES } from "./configuration-space.js";
import { type PciDevice, PciFunction, type PciMapping } from "./pci-function.js";

/** Address space of each function's configuration; conventional functions have less of it. */
const ECAM_BYTES = 4096;
const FUNCTIONS_PER_BUS = 256;
const FUNCTIONS_PER_DEVICE = 8;
const DEVICES_PER_BUS = FUNCTIONS_PER_BUS / FUNCTIONS_PER_DEVICE;
/** INTA# to INTD#. */
const PINS = 4;

/** A range of processor addresses behind which a range of bus addresses lies. */
export interface PciWindow {
  readonly space: "io" | "memory";
  /** The first bus address. */
  readonly base: number;
  /** Bytes. */
  readonly size: number;
}

export interface PcieHostOptions {
  /** Bytes of configuration space: 1 MB for each bus. */
  readonly ecamSize: number;
  /** INTA# to INTD# as the root bus has them. */
  readonly interrupts: readonly IrqLine[];
  readonly dma: Dma;
  readonly msi: MsiTarget;
  readonly log: Log;
}

/** What reads where nothing answers give: all ones. */
const nothing = (size: 1 | 2 | 4): number => (size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1);

/**
 * The generic PCI Express host bridge (binding pci-host-ecam-generic), QEMU's gpex: configuration space by ECAM, windows
 * into I/O and memory space, one root bus with the host bridge as its device 0, and legacy interrupts on four wires.
 */
export class PcieHost {
  /** Enhanced Configuration Access Mechanism (PCI Express Base 7.2.2): bus, device, function and offset are the address. */
  readonly ecam: MmioDevice;
  readonly #options: PcieHostOptions;
  /** By device and function number. */
  readonly #functions: (PciFunction | undefined)[] = [];
  readonly #devices: PciDevice[] = [];
  /** Where functions answer, as their base address registers have it. */
  #mappings: PciMapping[] = [];
  #mappingsStale = false;
  /** How many functions drive each of the four wires. */
  readonly #asserted = Array.from({ length: PINS }, () => new Set<number>());

  constructor(options: PcieHostOptions) {
    this.#options = options;
    this.ecam = {
      name: "pcie-mmcfg-mmio",
      size: options.ecamSize,
      read: (offset, size) => this.#functionAt(offset)?.configuration.read(offset % ECAM_BYTES, size) ?? nothing(size),
      write: (offset, size, value) => this.#functionAt(offset)?.configuration.write(offset % ECAM_BYTES, size, value),
    };
    const bridge = new PciFunction({
      name: "gpex-root",
      vendorId: 0x1b36,
      deviceId: 0x0008,
      classCode: 0x060000,
      subsystemVendorId: 0x1af4,
      subsystemId: 0x1100,
      interrupts: false,
      bars: [],
      capabilities: [],
    });
    this.add(0, { function: bridge, resetFunction: () => bridge.reset() });
  }

  /** Puts a device into slot `device` of the root bus, 1 to 31. Throws when there is one. */
  add(device: number, occupant: PciDevice): void {
    const { function: pciFunction } = occupant;
    const requester = device * FUNCTIONS_PER_DEVICE;
    const other = this.#functions[requester];
    if (device >= DEVICES_PER_BUS || other)
      throw new Error(
        other ? `PCI slot ${device} is taken by ${other.name}` : `there are PCI slots 1 to 31, no slot ${device}`,
      );
    this.#functions[requester] = pciFunction;
    this.#devices.push(occupant);
    // The swizzle of root ports (PCI Express Base 2.2.8.1): neighbours begin at different wires.
    const wire = device % PINS;
    pciFunction.connect({
      requester,
      dma: this.#options.dma,
      msi: this.#options.msi,
      setInterrupt: (level) => this.#drive(wire, requester, level),
      remap: () => void (this.#mappingsStale = true),
    });
    this.#mappingsStale = true;
  }

  /** A window for the board's address space. Where no function answers, reads give all ones. */
  window(name: string, range: PciWindow): MmioDevice {
    return {
      name,
      size: range.size,
      read: (offset, size) => {
        const at = range.base + offset;
        const found = this.#mappingAt(range.space, at, size);
        return found ? found.device.read(at - found.base, size) : nothing(size);
      },
      write: (offset, size, value) => {
        const at = range.base + offset;
        const found = this.#mappingAt(range.space, at, size);
        if (found) found.device.write(at - found.base, size, value);
        else if (this.#options.log.enabled("guest"))
          this.#options.log.write(
            "guest",
            `write to PCI ${range.space} space at 0x${at.toString(16)}, where nothing is`,
          );
      },
    };
  }

  reset(): void {
    for (const device of this.#devices) device.resetFunction();
  }

  #functionAt(offset: number): PciFunction | undefined {
    return offset % ECAM_BYTES < CONFIGURATION_BYTES ? this.#functions[Math.floor(offset / ECAM_BYTES)] : undefined;
  }

  #mappingAt(space: PciWindow["space"], address: number, size: number): PciMapping | undefined {
    if (this.#mappingsStale) {
      this.#mappings = this.#functions.flatMap((each) => each?.mappings() ?? []);
      this.#mappingsStale = false;
    }
    return this.#mappings.find(
      (each) => each.space === space && address >= each.base && address + size <= each.base + each.device.size,
    );
  }

  #drive(wire: number, requester: number, level: boolean): void {
    const asserted = this.#asserted[wire]!;
    if (level) asserted.add(requester);
    else asserted.delete(requester);
    this.#options.interrupts[wire]?.set(asserted.size > 0);
  }
}
