import type { Dma, MmioDevice, MsiTarget } from "../../ports/index.js";
import { type ConfigurationRegister, ConfigurationSpace } from "./configuration-space.js";

/** Offsets in a type 0 header (PCI Express Base 7.5.1). */
export const HEADER = {
  vendorId: 0x00,
  deviceId: 0x02,
  command: 0x04,
  status: 0x06,
  revisionId: 0x08,
  classCode: 0x09,
  cacheLineSize: 0x0c,
  bar: 0x10,
  subsystemVendorId: 0x2c,
  subsystemId: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

/** Command register (7.5.1.1.3). */
export const COMMAND = {
  ioSpace: 1 << 0,
  memorySpace: 1 << 1,
  busMaster: 1 << 2,
  systemError: 1 << 8,
  interruptDisable: 1 << 10,
} as const;

/** Status register (7.5.1.1.4). */
const STATUS = { interrupt: 1 << 3, capabilities: 1 << 4 } as const;

/** A capability: its ID and its registers, at offsets from its start; the header of two bytes is added. */
export interface PciCapability {
  readonly id: number;
  readonly offset: number;
  readonly registers: readonly ConfigurationRegister[];
}

/** A base address register and what it makes visible, `device.size` bytes (a power of two, at least 16). */
export interface PciBar {
  /** 0 to 5; one of 64 bits takes the next one too. */
  readonly index: number;
  readonly kind: "io" | "memory32" | "memory64";
  readonly prefetchable?: boolean;
  readonly device: MmioDevice;
}

export interface PciFunctionOptions {
  /** As in QEMU's `-device`. */
  readonly name: string;
  readonly vendorId: number;
  readonly deviceId: number;
  readonly revisionId?: number;
  /** 24 bits: base class, sub-class, programming interface. */
  readonly classCode: number;
  readonly subsystemVendorId: number;
  readonly subsystemId: number;
  /** Whether it drives INTA#. */
  readonly interrupts: boolean;
  readonly bars: readonly PciBar[];
  /** The first is the end of the list: each points to the one before. */
  readonly capabilities: readonly PciCapability[];
}

/** A device in a slot. */
export interface PciDevice {
  readonly function: PciFunction;
  /** Resets the function and what is behind it, as the bus's reset does. */
  resetFunction(): void;
}

/** What a slot gives the function in it. */
export interface PciSlot {
  /** Bus, device and function in 16 bits. */
  readonly requester: number;
  readonly dma: Dma;
  readonly msi: MsiTarget;
  setInterrupt(level: boolean): void;
  /** Base addresses or what they answer have changed. */
  remap(): void;
}

/** A function's window into I/O or memory space, as its base address register has it now. */
export interface PciMapping {
  readonly space: "io" | "memory";
  readonly base: number;
  readonly device: MmioDevice;
}

/** A type 0 function: header, base address registers, capabilities, INTx. Devices are made of one. */
export class PciFunction {
  readonly name: string;
  readonly configuration: ConfigurationSpace;
  /** Guest memory as the device reaches it: not at all while it may not be a bus master. */
  readonly dma: Dma = {
    read: (address, target) => this.busMaster && this.#slot?.dma.read(address, target) === true,
    write: (address, source) => this.busMaster && this.#slot?.dma.write(address, source) === true,
  };
  readonly #bars: readonly PciBar[];
  #slot: PciSlot | undefined;
  /** The level that the device wants on its pin. */
  #interrupt = false;

  constructor(options: PciFunctionOptions) {
    this.name = options.name;
    this.#bars = options.bars;
    this.configuration = new ConfigurationSpace([
      ...this.#header(options),
      ...options.bars.flatMap((bar) => this.#barRegisters(bar)),
      ...options.capabilities.flatMap(({ id, offset, registers }, i) => [
        { offset, size: 1 as const, name: "Capability ID", reset: id },
        {
          offset: offset + 1,
          size: 1 as const,
          name: "Next Capability Pointer",
          reset: options.capabilities[i - 1]?.offset ?? 0,
        },
        ...registers.map((register) => ({ ...register, offset: offset + register.offset })),
      ]),
    ]);
  }

  connect(slot: PciSlot): void {
    this.#slot = slot;
  }

  get busMaster(): boolean {
    return (this.#command & COMMAND.busMaster) !== 0;
  }

  /** Drives the interrupt pin. */
  setInterrupt(level: boolean): void {
    this.#interrupt = level;
    const status = this.configuration.get(HEADER.status, 2);
    this.configuration.set(HEADER.status, 2, level ? status | STATUS.interrupt : status & ~STATUS.interrupt);
    this.#driveInterrupt();
  }

  /** Writes a message, if the function may. */
  sendMessage(address: number, data: number): void {
    if (this.busMaster) this.#slot?.msi.write(this.#slot.requester, address, data);
  }

  /** Where the function answers now. Base addresses that can't be right map nothing, address 0 among them, as on QEMU. */
  mappings(): PciMapping[] {
    const command = this.#command;
    return this.#bars.flatMap(({ index, kind, device }) => {
      const space = kind === "io" ? "io" : "memory";
      if (!(command & (space === "io" ? COMMAND.ioSpace : COMMAND.memorySpace))) return [];
      const at = HEADER.bar + 4 * index;
      let base = this.configuration.get(at, 4) - (this.configuration.get(at, 4) & (kind === "io" ? 3 : 15));
      if (kind === "memory64") base += this.configuration.get(at + 4, 4) * 2 ** 32;
      const last = base + device.size - 1;
      const limit = kind === "memory64" ? Number.MAX_SAFE_INTEGER : 0xffff_ffff;
      return base === 0 || last >= limit ? [] : [{ space, base, device } as const];
    });
  }

  reset(): void {
    this.configuration.reset();
    this.setInterrupt(false);
    this.#slot?.remap();
  }

  save(): Uint8Array {
    return this.configuration.save();
  }

  restore(bytes: Uint8Array): void {
    this.configuration.restore(bytes);
    this.setInterrupt((this.configuration.get(HEADER.status, 2) & STATUS.interrupt) !== 0);
    this.#slot?.remap();
  }

  get #command(): number {
    return this.configuration.get(HEADER.command, 2);
  }

  #driveInterrupt(): void {
    this.#slot?.setInterrupt(this.#interrupt && !(this.#command & COMMAND.interruptDisable));
  }

  #commandWritten(): void {
    this.#driveInterrupt();
    this.#slot?.remap();
  }

  #header(options: PciFunctionOptions): ConfigurationRegister[] {
    const command =
      COMMAND.ioSpace | COMMAND.memorySpace | COMMAND.busMaster | COMMAND.systemError | COMMAND.interruptDisable;
    const last = options.capabilities.at(-1);
    const { classCode } = options;
    // biome-ignore format: one register a line
    return [
      { offset: HEADER.vendorId, size: 2, name: "Vendor ID", reset: options.vendorId },
      { offset: HEADER.deviceId, size: 2, name: "Device ID", reset: options.deviceId },
      { offset: HEADER.command, size: 2, name: "Command", writable: command, written: () => this.#commandWritten() },
      { offset: HEADER.status, size: 2, name: "Status", reset: last ? STATUS.capabilities : 0 },
      { offset: HEADER.revisionId, size: 1, name: "Revision ID", reset: options.revisionId ?? 0 },
      { offset: HEADER.classCode, size: 1, name: "Class Code, programming interface", reset: classCode & 0xff },
      { offset: HEADER.classCode + 1, size: 2, name: "Class Code", reset: classCode >> 8 },
      { offset: HEADER.cacheLineSize, size: 1, name: "Cache Line Size", writable: 0xff },
      { offset: HEADER.subsystemVendorId, size: 2, name: "Subsystem Vendor ID", reset: options.subsystemVendorId },
      { offset: HEADER.subsystemId, size: 2, name: "Subsystem ID", reset: options.subsystemId },
      { offset: HEADER.capabilities, size: 1, name: "Capabilities Pointer", reset: last?.offset ?? 0 },
      { offset: HEADER.interruptLine, size: 1, name: "Interrupt Line", writable: 0xff },
      { offset: HEADER.interruptPin, size: 1, name: "Interrupt Pin", reset: options.interrupts ? 1 : 0 },
    ];
  }

  /** Address bits above the size can be written: that is how software finds the size (7.5.1.2.1). */
  #barRegisters({ index, kind, prefetchable, device }: PciBar): ConfigurationRegister[] {
    const offset = HEADER.bar + 4 * index;
    const type = kind === "io" ? 1 : (kind === "memory64" ? 4 : 0) | (prefetchable ? 8 : 0);
    const name = `Base Address ${index}`;
    const written = () => this.#slot?.remap();
    const low = { offset, size: 4, name, reset: type, writable: ~(device.size - 1) >>> 0, written } as const;
    if (kind !== "memory64") return [low];
    return [low, { offset: offset + 4, size: 4, name: `${name}, high word`, writable: 0xffff_ffff, written }];
  }
}
