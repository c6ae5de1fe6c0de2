import type { ProcessingElement } from "../cpu/processing-element.js";
import { Interrupt } from "../cpu/state-layout.js";
import { FwCfg, GpioKey, PL011, PL031, PL061, POWER_BUTTON_LINE, VirtioMmio } from "../devices/index.js";
import { createGic, type Gic, type PeOutputs } from "../gic/index.js";
import {
  type CharacterBackend,
  type Clock,
  type Dma,
  type InterruptObserver,
  type Log,
  nullCharacterBackend,
} from "../ports/index.js";
import { GenericTimers, type TimerName, timerInterrupts } from "../timers/index.js";
import { placeDevices } from "./device-places.js";
import type { Engine } from "./engine.js";
import { FlashBanks, type FlashContents, flashMemorySize } from "./flash.js";
import type { MachineDevice } from "./machine-options.js";
import { memoryMap, ppi, sharedInterrupts, spi, virtioTransports } from "./memory-map.js";
import { BoardPcie } from "./pcie.js";
import { addSecureWorld } from "./secure-world.js";
import { makeVirtioDevice } from "./virtio-devices.js";

export interface BoardOptions {
  readonly engine: Engine;
  readonly affinities: readonly number[];
  /** Whether there are two Security states, and whether the machine leaves all interrupts to the Non-secure one. */
  readonly security: "single" | "two";
  readonly startsNonSecure: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: InterruptObserver | undefined;
  readonly dma: Dma;
  readonly its: boolean;
  readonly highMemory: boolean;
  readonly serial: CharacterBackend | undefined;
  readonly secureSerial: CharacterBackend | undefined;
  readonly flash: FlashContents;
  readonly fwCfgItems: ReadonlyMap<number, Uint8Array>;
  readonly powerOff: () => void;
  readonly restart: () => void;
  readonly devices: readonly MachineDevice[];
  readonly seed: bigint;
  readonly epoch: number;
}

/** The `virt` board's devices on the engine's bus, wired to its interrupt controller. */
export class VirtBoard {
  readonly gic: Gic;
  readonly timers: readonly GenericTimers[];
  readonly powerButton: GpioKey;
  readonly flash: FlashBanks;
  readonly #resettable: { reset(): void }[] = [];

  /** Throws when devices have no place, which {@link placeDevices} tells before. */
  constructor(options: BoardOptions) {
    const { engine, clock, log, dma } = options;
    const { physical } = engine;
    this.gic = createGic({
      peAffinities: options.affinities,
      spiCount: sharedInterrupts,
      security: options.security,
      startsNonSecure: options.startsNonSecure,
      outputs: engine.processors.map(interruptInputs),
      execution: engine.processors,
      log,
      ...(options.observer ? { observer: options.observer } : {}),
      ...(options.its ? { dma } : {}),
    });
    physical.addDevice(memoryMap.gicDistributor.base, this.gic.distributor);
    physical.addDevice(memoryMap.gicRedistributors.base, this.gic.redistributors);
    const { secure } = this.gic;
    if (secure.distributor !== this.gic.distributor) {
      physical.addDevice(memoryMap.gicDistributor.base, secure.distributor, true);
      physical.addDevice(memoryMap.gicRedistributors.base, secure.redistributors, true);
    }
    if (this.gic.its) physical.addDevice(memoryMap.gicIts.base, this.gic.its);
    this.timers = engine.processors.map((pe) => this.#connectProcessor(pe, clock));

    const uart = new PL011({
      irq: this.gic.spi(spi.pl011),
      clock,
      log,
      backend: options.serial ?? nullCharacterBackend,
    });
    const rtc = new PL031({ irq: this.gic.spi(spi.pl031), clock, log, epoch: options.epoch });
    const gpio = new PL061({ irq: this.gic.spi(spi.pl061), log });
    this.powerButton = new GpioKey(gpio, POWER_BUTTON_LINE, clock);
    const fwCfg = new FwCfg({ dma, log, items: options.fwCfgItems });
    physical.addDevice(memoryMap.pl011.base, uart);
    physical.addDevice(memoryMap.pl031.base, rtc);
    physical.addDevice(memoryMap.pl061.base, gpio);
    physical.addDevice(memoryMap.fwCfg.base, fwCfg);
    this.#resettable.push(uart, rtc, gpio, fwCfg);
    this.flash = new FlashBanks(engine, options.flash, options.security === "two", log);
    this.#resettable.push(this.flash);
    if (options.security === "two") {
      const { secureSerial: serial, powerOff, restart } = options;
      const host = engine.boardMemory + flashMemorySize;
      this.#resettable.push(...addSecureWorld({ engine, host, gic: this.gic, clock, log, serial, powerOff, restart }));
    }
    const pcie = new BoardPcie({
      its: this.gic.its,
      interrupt: (number) => this.gic.spi(number),
      dma,
      log,
      highMemory: options.highMemory,
      addDevice: (base, device) => physical.addDevice(base, device),
    });
    this.#resettable.push(pcie);
    this.#addVirtio(options, pcie);
  }

  /** Puts every device into its power-on state. */
  reset(): void {
    for (const device of this.#resettable) device.reset();
    for (const timers of this.timers) timers.reset();
    this.gic.reset();
  }

  #connectProcessor(pe: ProcessingElement, clock: Clock): GenericTimers {
    const line = (name: TimerName) => this.gic.ppi(pe.index, timerInterrupts[name]);
    const timers = new GenericTimers({
      clock,
      lines: {
        physical: line("physical"),
        virtual: line("virtual"),
        hypervisorPhysical: line("hypervisorPhysical"),
        hypervisorVirtual: line("hypervisorVirtual"),
        securePhysical: line("securePhysical"),
      },
    });
    pe.timers = timers;
    pe.interruptController = this.gic.cpuInterface(pe.index);
    pe.virtualInterruptController = this.gic.virtualCpuInterface(pe.index);
    const overflow = this.gic.ppi(pe.index, 16 + ppi.pmu);
    pe.pmu.overflowInterrupt = (level) => overflow.set(level);
    return timers;
  }

  #addVirtio({ engine, devices, clock, dma, log, seed }: BoardOptions, pcie: BoardPcie): void {
    const make = (device: MachineDevice, number: number) =>
      makeVirtioDevice(device, seed + BigInt(number) + 1n, { clock, devices });
    const places = placeDevices(devices);
    if (typeof places === "string") throw new Error(places);
    for (const [slot, device] of places.pci.entries())
      if (device) pcie.add(slot, make(device, virtioTransports + slot));
    for (let slot = 0; slot < virtioTransports; slot++) {
      const device = places.mmio[slot];
      const transport = new VirtioMmio({
        irq: this.gic.spi(spi.virtio + slot),
        dma,
        log,
        ...(device ? { device: make(device, slot) } : {}),
      });
      engine.physical.addDevice(memoryMap.virtio.base + slot * memoryMap.virtio.size, transport);
      this.#resettable.push(transport);
    }
  }
}

function interruptInputs(pe: ProcessingElement): PeOutputs {
  const input = (interrupt: number) => ({ set: (level: boolean) => pe.driveInterrupt(interrupt, level) });
  const { irq, fiq, virq, vfiq } = Interrupt;
  return { irq: input(irq), fiq: input(fiq), virq: input(virq), vfiq: input(vfiq) };
}
