import type { CodeProfile } from "../code-library/code-profile.js";
import type { Core } from "../cpu/cores/core.js";
import { cores } from "../cpu/cores/cores.js";
import { createEngine } from "../cpu/engine.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import { AccessKind } from "../cpu/translation/walker.js";
import { Semihosting } from "../devices/semihosting.js";
import { type CharacterBackend, type Dma, type Log, type NetworkBackend, silentLog } from "../ports/index.js";
import { hasFlashFirmware, type MachineBoot, makeDeviceTree, planMachineBoot, startsAsFirmware } from "./boot.js";
import { DebugPort } from "./debug-port.js";
import { placeDevices } from "./device-places.js";
import type { Engine, EngineFactory, EngineStatistics } from "./engine.js";
import { ExceptionLog } from "./exception-log.js";
import { exceptionName } from "./exception-names.js";
import { ExceptionWatch } from "./exception-watch.js";
import { Firmware } from "./firmware.js";
import { checkFlash, type FlashContents, flashMemorySize } from "./flash.js";
import { fwCfgItems } from "./fw-cfg-items.js";
import { HostLoop } from "./host-loop.js";
import { interruptName } from "./interrupt-names.js";
import { unpackLoaderRequests } from "./loaders/generic-loader.js";
import { unpackKernel } from "./loaders/kernel.js";
import { MachineClock } from "./machine-clock.js";
import type { MachineDevice, MachineEnd, MachineOptions } from "./machine-options.js";
import { affinityOf, maximumProcessors, memoryMap } from "./memory-map.js";
import { enterNonSecureState } from "./non-secure-entry.js";
import { type CombinedObservers, combineObservers, type MachineObserver } from "./observers.js";
import { Pacer } from "./pacer.js";
import { processorRegisters, registerBytes } from "./processor-registers.js";
import type { PowerController } from "./psci.js";
import { Scheduler } from "./scheduler.js";
import { hashState } from "./state-hash.js";
import { VirtBoard } from "./virt-board.js";

/** Instructions of a PE's turn when there is more than one PE. */
const sharedTurn = 10_000;
const defaultMemory = 128 * 2 ** 20;
/** The engine's linear memory is 4 GB, and holds its own tables beside RAM. */
const largestMemory = 3584 * 2 ** 20;
/** 2026-01-01 00:00:00 UTC. */
const defaultEpoch = 1_767_225_600;
/** Milliseconds that a slice of {@link Machine.run} should take, so that consoles stay alive. */
const sliceMilliseconds = 12;
const smallestSlice = 10_000;
const largestSlice = 200_000_000;

/** An option that no machine can be made with. */
export class MachineError extends Error {
  override readonly name = "MachineError";
}

export type MachineStatistics = EngineStatistics & {
  /** Instructions retired by all PEs. */
  readonly instructions: number;
  /** Machine time since power-on, and how much of it every PE waited. */
  readonly nanoseconds: number;
  readonly idleNanoseconds: number;
  /** Host seconds spent in {@link Machine.run} without waiting for input. */
  readonly seconds: number;
  /** Millions of instructions per such second. */
  readonly mips: number;
  /** Exceptions taken by all PEs, by class ("SVC", "IRQ", "Data Abort"). */
  readonly exceptions: Readonly<Record<string, number>>;
};

/** One range of the physical address space, for `info mtree`. */
export interface MemoryMapEntry {
  readonly name: string;
  readonly base: number;
  readonly size: number;
  readonly kind: "ram" | "rom" | "device";
}

/** A `virt` machine: processing elements, memory and devices. It knows nothing of Node or of a page. */
export class Machine {
  readonly core: Core;
  readonly processors: number;
  /** The device tree blob that the guest gets. */
  readonly deviceTree: Uint8Array;
  /** For debuggers: stopping, stepping, breakpoints. */
  readonly debug: DebugPort;
  readonly #options: MachineOptions;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #clock = new MachineClock();
  readonly #scheduler: Scheduler;
  readonly #board: VirtBoard;
  readonly #semihosting: Semihosting | undefined;
  /** PEs that wait for semihosting input. */
  readonly #blocked: boolean[];
  readonly #plan: MachineBoot | undefined;
  readonly #hostTime: () => number;
  readonly #pacer: Pacer;
  #end: MachineEnd | undefined;
  #running = false;
  #milliseconds = 0;
  #wake: () => void = () => {};

  /**
   * Makes a machine and loads its images. Throws {@link MachineError}, LoadError or DeviceTreeError, each with one
   * sentence, for options that no machine can be made with. `makeEngine` is for tests that execute nothing.
   */
  static async create(options: MachineOptions, makeEngine: EngineFactory = createEngine): Promise<Machine> {
    const core = coreNamed(options.cpu ?? "cortex-a57");
    const processors = options.processors ?? 1;
    if (!Number.isInteger(processors) || processors < 1 || processors > maximumProcessors)
      throw new MachineError(`a machine has 1 to ${maximumProcessors} processing elements, not ${processors}`);
    const memory = options.memory ?? defaultMemory;
    if (!Number.isInteger(memory) || memory < 2 ** 20 || memory % 4096 !== 0)
      throw new MachineError(`RAM must be at least 1 MB and a whole number of 4 KB pages, not ${memory} bytes`);
    if (memory > largestMemory)
      throw new MachineError(`RAM can be at most ${largestMemory / 2 ** 20} MB, not ${Math.ceil(memory / 2 ** 20)}`);
    const places = placeDevices(options.devices ?? []);
    if (typeof places === "string") throw new MachineError(places);
    const hasEl2 = options.virtualization === true;
    const conduit = hasEl2 ? "smc" : "hvc";
    const hasEl3 = options.secure === true;
    if (options.kernel) options = { ...options, kernel: await unpackKernel(options.kernel) };
    if (options.loaders) options = { ...options, loaders: await unpackLoaderRequests(options.loaders) };
    checkFlash(flashContents(options));
    const facts = { core, processors, memory, hasEl2, hasEl3, conduit } as const;
    const plan = planMachineBoot(options, facts);
    const deviceTree = plan?.deviceTree ?? makeDeviceTree(options, facts, "elf");
    const observers = observersOf(options);
    const engine = await makeEngine({
      core,
      affinities: Array.from({ length: processors }, (_, i) => affinityOf(i)),
      hasEl2,
      hasEl3,
      ram: { base: memoryMap.ram.base, size: memory },
      boardMemory: flashMemorySize + (hasEl3 ? memoryMap.secureRam.size : 0),
      jit: options.jit ?? true,
      codeLibrary: options.codeLibrary ?? [],
      observesInstructions: observers.some((observer) => observer.observesInstructions),
      log: options.log ?? silentLog,
      ...(options.coreModules ? { coreModules: options.coreModules } : {}),
    });
    const firmware = startsAsFirmware(plan?.protocol, hasEl3) ? undefined : conduit;
    return new Machine(options, core, engine, firmware, plan, deviceTree, observers);
  }

  private constructor(
    options: MachineOptions,
    core: Core,
    engine: Engine,
    conduit: "hvc" | "smc" | undefined,
    plan: MachineBoot | undefined,
    deviceTree: Uint8Array,
    observers: readonly MachineObserver[],
  ) {
    const combined = combineObservers(observers);
    this.core = core;
    this.processors = engine.processors.length;
    this.#hostTime = options.hostTime ?? (() => performance.now());
    this.#pacer = new Pacer(this.#hostTime);
    this.#options = options;
    this.#engine = engine;
    this.#plan = plan;
    this.deviceTree = deviceTree;
    this.#log = options.log ?? silentLog;
    this.#blocked = engine.processors.map(() => false);
    this.debug = new DebugPort(engine, { stop: () => this.#scheduler.stop(), wake: () => this.#wake() });
    this.#scheduler = new Scheduler(
      this.#clock,
      {
        count: this.processors,
        canRun: (pe) => this.#canRun(pe),
        run: (pe, limit) => this.debug.run(pe, limit),
        retired: () => engine.retired(),
        shorten: (limit) => engine.shorten(limit),
      },
      this.processors > 1 ? sharedTurn : Number.MAX_SAFE_INTEGER,
    );
    this.#board = new VirtBoard({
      engine,
      affinities: engine.processors.map((pe) => pe.affinity),
      security: options.secure ? "two" : "single",
      startsNonSecure: options.secure === true && conduit !== undefined,
      clock: this.#clock,
      log: this.#log,
      observer: combined.interrupts,
      dma: this.#dma(),
      its: options.its ?? true,
      highMemory: options.highMemory ?? true,
      serial: options.serial && this.#listening(options.serial),
      secureSerial: options.secureSerial && this.#listening(options.secureSerial),
      flash: flashContents(options),
      fwCfgItems: fwCfgItems(options, hasFlashFirmware(options)),
      powerOff: () => this.#finish({ kind: "off" }),
      restart: () => this.#finish({ kind: "reset" }),
      devices: (options.devices ?? []).map((device) => this.#listeningDevice(device)),
      seed: options.seed ?? 0n,
      epoch: options.epoch ?? defaultEpoch,
    });
    this.#semihosting = this.#makeSemihosting();
    const firmware = new Firmware(this.#powerController());
    const watch = new ExceptionWatch((pe, what) => {
      const end: MachineEnd = { kind: "stuck", pe, what };
      if (!this.debug.endInstead(end, pe)) this.#finish(end);
    });
    for (const pe of engine.processors) {
      pe.conduit = conduit && { instruction: conduit, monitor: firmware };
      if (this.#semihosting) pe.semihosting = (caller) => this.#callSemihosting(caller);
      watch.watch(pe);
    }
    this.#attach(observers, combined);
    this.#start();
  }

  /** Instructions retired by all PEs since the machine was made. */
  get instructions(): number {
    return this.#scheduler.instructions;
  }

  /** Machine time in nanoseconds since power-on. */
  get nanoseconds(): number {
    return this.#clock.now();
  }

  /** Where the images went, in words ("an arm64 Linux Image"); undefined without a kernel. */
  get kernelDescription(): string | undefined {
    return this.#plan?.description;
  }

  /**
   * Runs until something ends it, or for so many instructions. The host's event loop gets its turn every few
   * milliseconds; `onSlice` is called before it does.
   */
  async run(options: { readonly instructions?: number; readonly onSlice?: () => void } = {}): Promise<MachineEnd> {
    if (this.#running) throw new Error("the machine is running already");
    this.#running = true;
    const loop = new HostLoop();
    try {
      let left = options.instructions ?? Number.POSITIVE_INFINITY;
      let slice = smallestSlice * 10;
      for (;;) {
        if (!this.#end) await this.debug.untilResumed();
        const before = this.instructions;
        const started = this.#hostTime();
        const end = this.#slice(Math.min(slice, left), () => !this.#inputOpen());
        const took = this.#hostTime() - started;
        this.#milliseconds += took;
        const ran = this.instructions - before;
        left -= ran;
        options.onSlice?.();
        if (end === "debug") continue;
        if (end && "kind" in end) return end;
        if (left <= 0) return { kind: "limit" };
        if (end) await this.#waitForInput(end.until);
        else await loop.turn();
        slice = nextSlice(slice, ran, took);
      }
    } finally {
      loop.close();
      this.#running = false;
    }
  }

  /**
   * Runs at most so many instructions and comes back: why the machine ended, "limit", or "waiting" when every PE waits
   * for input. For hosts with a loop of their own; {@link run} is built on the same.
   */
  runSlice(instructions: number): MachineEnd | "waiting" {
    if (this.debug.stopped) return { kind: "stopped" };
    const end = this.#slice(instructions, () => true);
    if (end === "debug") return { kind: "stopped" };
    if (!end) return { kind: "limit" };
    return "kind" in end ? end : "waiting";
  }

  /** Ends {@link run} soon; the machine can be run on later. */
  stop(): void {
    this.#finish({ kind: "stopped" });
    this.#wake();
    this.debug.interrupt();
  }

  /** Input has come for semihosting: a PE that waits for it tries again. */
  wake(): void {
    this.#blocked.fill(false);
    this.#wake();
  }

  /** Presses the power button: Linux shuts down. */
  pressPowerButton(): void {
    this.#board.powerButton.press();
    this.#wake();
  }

  /** Resets the machine as its reset button would: devices, PEs, and the loaded images in RAM. */
  reset(): void {
    this.#end = undefined;
    this.#board.reset();
    this.#semihosting?.reset();
    this.#scheduler.reset();
    this.#blocked.fill(false);
    this.#start();
  }

  /** Names for {@link readRegister}: X0..X30, SP, PC, PSTATE, V0..V31, FPCR, FPSR and the system registers. */
  get registerNames(): readonly string[] {
    return [...processorRegisters.keys()];
  }

  /** Reads a register without side effects. Throws a RangeError for a name or PE that doesn't exist. */
  readRegister(pe: number, name: string): bigint {
    return registerNamed(name).read(this.#processor(pe));
  }

  /** Writes a register, with everything that follows from its new value. */
  writeRegister(pe: number, name: string, value: bigint): void {
    registerNamed(name).write(this.#processor(pe), value);
  }

  /** What a PE does: runs, waits, or is off. */
  processorState(pe: number): "running" | "waiting" | "off" {
    const { poweredOff, waiting } = this.#processor(pe);
    if (poweredOff) return "off";
    return waiting || this.#blocked[pe] ? "waiting" : "running";
  }

  /**
   * Bytes of RAM or flash at a physical address, as a Secure access sees them or not; undefined when any of them is neither.
   * Devices aren't touched.
   */
  readMemory(address: number, length: number, secure = false): Uint8Array | undefined {
    const host = this.#engine.physical.hostAddress(address, length, secure);
    return host < 0 ? undefined : this.#engine.memory.u8.slice(host, host + length);
  }

  /** Writes RAM, or the array of flash, at a physical address; false when any of it is neither. */
  writeMemory(address: number, bytes: Uint8Array, secure = false): boolean {
    const host = this.#engine.physical.hostAddress(address, bytes.length, secure);
    if (host < 0) return false;
    this.#engine.memory.u8.set(bytes, host);
    this.#engine.memoryWritten(address, bytes.length);
    if (address < memoryMap.flash.base + memoryMap.flash.size) this.#board.flash.written(address);
    return true;
  }

  /** Bytes at a virtual address as privileged code on a PE would read them; undefined where it would fault. */
  readVirtual(pe: number, address: bigint, length: number): Uint8Array | undefined {
    const processor = this.#processor(pe);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const from = BigInt.asUintN(64, address + BigInt(at));
      const step = Math.min(length - at, 4096 - Number(from & 4095n));
      const found = translate(processor, from);
      const piece = found && this.readMemory(found.address, step, found.secure);
      if (!piece) return undefined;
      bytes.set(piece, at);
      at += step;
    }
    return bytes;
  }

  /** Writes at a virtual address as privileged code on a PE would; false, with a part written, where it would fault. */
  writeVirtual(pe: number, address: bigint, bytes: Uint8Array): boolean {
    const processor = this.#processor(pe);
    for (let at = 0; at < bytes.length; ) {
      const to = BigInt.asUintN(64, address + BigInt(at));
      const step = Math.min(bytes.length - at, 4096 - Number(to & 4095n));
      const found = translate(processor, to);
      if (!found || !this.writeMemory(found.address, bytes.subarray(at, at + step), found.secure)) return false;
      at += step;
    }
    return true;
  }

  /** The physical address space in order of addresses. */
  memoryMap(): MemoryMapEntry[] {
    const { ram, devices } = this.#engine.physical;
    return [
      ...ram.map(({ name, base, size, writes }) => ({ name, base, size, kind: writes ? "rom" : "ram" }) as const),
      ...devices.map(({ base, device }) => ({ name: device.name, base, size: device.size, kind: "device" }) as const),
    ].sort((a, b) => a.base - b.base);
  }

  /** A hash of all registers of all PEs and of RAM: equal states have equal hashes, on any host. */
  stateHash(): Promise<string> {
    const { ram } = this.#engine.physical;
    const held = ram.filter(({ name }) => !this.#board.flash.isUnused(name));
    const bytes = held.map(({ name, host, size }) => ({
      name,
      bytes: this.#engine.memory.u8.subarray(host, host + size),
    }));
    const registers = this.#engine.processors.map((pe) => ({ name: `PE ${pe.index}`, bytes: registerBytes(pe) }));
    return hashState([...registers, ...bytes]);
  }

  statistics(): MachineStatistics {
    const seconds = this.#milliseconds / 1000;
    return {
      instructions: this.instructions,
      nanoseconds: this.nanoseconds,
      idleNanoseconds: this.#scheduler.idle,
      seconds,
      mips: seconds > 0 ? this.instructions / seconds / 1e6 : 0,
      exceptions: this.#exceptions(),
      ...this.#engine.statistics(),
    };
  }

  /**
   * What was executed, for regions to be compiled ahead of the next run: if control arrived at least `leastHeat` times in at least
   * `leastPlaces` places that weren't compiled ahead of this one.
   */
  codeProfile(leastHeat: number, leastPlaces: number): CodeProfile | undefined {
    return this.#engine.codeProfile?.(leastHeat, leastPlaces);
  }

  #attach(observers: readonly MachineObserver[], combined: CombinedObservers): void {
    const { processors, physical } = this.#engine;
    for (const pe of processors) pe.observer = combined.processors;
    const { deviceAccessed } = combined;
    if (deviceAccessed)
      physical.onDeviceAccess = (device, _, __, write) => deviceAccessed(physical.requester, device.name, write);
    const devices = this.#options.devices ?? [];
    for (const observer of observers)
      observer.attach?.({
        processors,
        now: () => this.#clock.now(),
        instructions: () => processors.reduce((sum, pe) => sum + pe.counter.retired(pe.index), 0),
        interruptName: (intid) => interruptName(intid, devices),
      });
  }

  /** A slice: what ended the machine; "debug" when a debugger stopped it; until when it sleeps; undefined to go on. */
  #slice(
    instructions: number,
    jump: () => boolean,
  ): MachineEnd | "debug" | { readonly until: number | undefined } | undefined {
    const end = this.#scheduler.runSlice(instructions, jump);
    if (end.kind === "stopped") {
      if (!this.#end && this.debug.settle()) return "debug";
      const why = this.#end ?? { kind: "stopped" };
      if (why.kind === "stopped") this.#end = undefined;
      if (why.kind !== "reset" || this.#options.noReboot) return why;
      this.reset();
      return undefined;
    }
    if (end.kind === "limit") return undefined;
    if (end.until !== undefined || this.#inputOpen() || this.debug.attached) return { until: end.until };
    return { kind: "asleep" };
  }

  #finish(end: MachineEnd): void {
    this.#end = end;
    this.#scheduler.stop();
  }

  #inputOpen(): boolean {
    return this.#options.inputOpen?.() ?? false;
  }

  /** Every PE waits: sleeps until the next alarm is due by the host's clock, or input comes. */
  async #waitForInput(until: number | undefined): Promise<void> {
    const delay = until === undefined ? undefined : this.#pacer.delay(this.nanoseconds, until);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let woken = false;
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        woken = true;
        resolve();
      };
      // Without an alarm, look from time to time whether input may still come.
      timer = setTimeout(resolve, delay === undefined ? 200 : Math.min(delay, 2 ** 30));
    });
    clearTimeout(timer);
    this.#wake = () => {};
    if (until === undefined) return;
    this.#scheduler.passIdle(woken ? Math.min(until, this.#pacer.machineTime()) : until);
  }

  #start(): void {
    const { pieces = [], entry, x0, entries = new Map<number, number>() } = this.#plan ?? {};
    for (const { address, bytes, size } of pieces) {
      this.writeMemory(address, bytes);
      if (size > bytes.length) this.#clear(address + bytes.length, size - bytes.length);
    }
    for (const pe of this.#engine.processors) {
      pe.reset();
      pe.poweredOff = true;
    }
    const first = BigInt(entry ?? memoryMap.ram.base);
    this.#powerOn(0, first, BigInt(x0 ?? 0));
    // Nobody could switch the others on.
    if (this.#plan && !this.#hasFirmware()) for (let pe = 1; pe < this.processors; pe++) this.#powerOn(pe, first, 0n);
    for (const [pe, start] of entries) this.#processor(pe).pc = BigInt(start);
  }

  /** Whether the machine is its guest's firmware. */
  #hasFirmware(): boolean {
    return this.#engine.processors[0]!.conduit !== undefined;
  }

  /**
   * Resets a PE and lets it begin at its highest Exception level, as the Linux boot protocol and PSCI have it, or below EL3 when that
   * is the machine's own.
   */
  #powerOn(pe: number, pc: bigint, x0: bigint): void {
    const processor = this.#processor(pe);
    processor.reset();
    if (processor.haveEl3 && this.#hasFirmware()) enterNonSecureState(processor);
    processor.pc = pc;
    processor.setX(0, x0);
    this.#board.timers[pe]!.reset();
    this.#board.gic.resetProcessor(pe);
    processor.observer?.powered(processor, true);
  }

  #canRun(pe: number): boolean {
    const { poweredOff, waiting } = this.#engine.processors[pe]!;
    return !poweredOff && !waiting && !this.#blocked[pe] && this.debug.mayRun(pe);
  }

  #clear(address: number, size: number): void {
    const host = this.#engine.physical.hostAddress(address, size, false);
    this.#engine.memory.u8.fill(0, host, host + size);
    this.#engine.memoryWritten(address, size);
  }

  #processor(pe: number): ProcessingElement {
    const found = this.#engine.processors[pe];
    if (!found) throw new RangeError(`the machine has ${this.processors} PEs, no PE ${pe}`);
    return found;
  }

  #exceptions(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { exceptionCounts } of this.#engine.processors)
      for (const [kind, count] of exceptionCounts.entries())
        if (count > 0) counts[exceptionName(kind)] = (counts[exceptionName(kind)] ?? 0) + count;
    return counts;
  }

  #makeSemihosting(): Semihosting | undefined {
    const { semihosting, epoch } = this.#options;
    if (!semihosting) return undefined;
    return new Semihosting({
      host: {
        write: (bytes, stream) => semihosting.write(bytes, stream),
        read: (target) => semihosting.read?.(target) ?? -1,
        ...(semihosting.files ? { files: semihosting.files } : {}),
        exit: (status) => this.#finish({ kind: "exit", status }),
      },
      clock: this.#clock,
      log: this.#log,
      ...(semihosting.commandLine === undefined ? {} : { commandLine: semihosting.commandLine }),
      epoch: epoch ?? defaultEpoch,
    });
  }

  #callSemihosting(pe: ProcessingElement): boolean {
    const result = this.#semihosting!.call(Number(pe.x(0) & 0xffff_ffffn), pe.x(1), {
      read: (address, target) => {
        const bytes = this.readVirtual(pe.index, address, target.length);
        if (bytes) target.set(bytes);
        return bytes !== undefined;
      },
      write: (address, source) => this.writeVirtual(pe.index, address, source),
    });
    if (typeof result === "bigint") {
      pe.setX(0, BigInt.asUintN(64, result));
    } else if (result === "blocked") {
      // Executed again when input has come: the caller steps over the instruction.
      this.#blocked[pe.index] = true;
      pe.pc = BigInt.asUintN(64, pe.pc - 4n);
      this.#engine.shorten(0);
    } else {
      pe.poweredOff = true;
    }
    return true;
  }

  #dma(): Dma {
    return {
      read: (address, target) => {
        const host = this.#engine.physical.hostAddress(address, target.length, false);
        if (host < 0) return false;
        target.set(this.#engine.memory.u8.subarray(host, host + target.length));
        return true;
      },
      write: (address, source) =>
        this.#engine.physical.ramAt(address, false)?.writes === undefined && this.writeMemory(address, source),
    };
  }

  /** The backend, with a bell that wakes {@link run} when input comes. */
  #listening(backend: CharacterBackend): CharacterBackend {
    return {
      write: (bytes) => backend.write(bytes),
      onInput: (receive) =>
        backend.onInput((bytes) => {
          receive(bytes);
          this.#wake();
        }),
    };
  }

  #listeningNetwork(backend: NetworkBackend): NetworkBackend {
    return {
      send: (frame) => backend.send(frame),
      connect: ({ clock, receive }) =>
        backend.connect({
          clock,
          receive: (frame) => {
            receive(frame);
            this.#wake();
          },
        }),
    };
  }

  #listeningDevice(device: MachineDevice): MachineDevice {
    switch (device.kind) {
      case "virtio-console":
        return { ...device, backend: this.#listening(device.backend) };
      case "virtio-net":
        return { ...device, backend: this.#listeningNetwork(device.backend) };
      default:
        return device;
    }
  }

  #powerController(): PowerController {
    const { processors, physical } = this.#engine;
    return {
      processorAt: (affinity) => {
        const index = processors.findIndex((pe) => mpidrAffinity(pe.affinity) === affinity);
        return index < 0 ? undefined : index;
      },
      powerState: (pe) => (this.#processor(pe).poweredOff ? "off" : "on"),
      canEnter: (address) =>
        address <= BigInt(Number.MAX_SAFE_INTEGER) && physical.hostAddress(Number(address), 4, false) >= 0,
      turnOn: (pe, entry, context) => this.#powerOn(pe, entry, context),
      turnOff: (pe) => {
        const processor = this.#processor(pe);
        processor.poweredOff = true;
        processor.observer?.powered(processor, false);
      },
      standBy: (pe) => {
        const processor = this.#processor(pe);
        if (!processor.wakes) processor.wait(false);
      },
      systemOff: () => this.#finish({ kind: "off" }),
      systemReset: () => this.#finish({ kind: "reset" }),
    };
  }
}

/** The observers asked for, and the log of exceptions while the log wants them. */
function observersOf({ log, observers = [] }: MachineOptions): readonly MachineObserver[] {
  return log?.enabled("int") ? [new ExceptionLog(log), ...observers] : observers;
}

/** Aff3.Aff2.Aff1.Aff0 as MPIDR_EL1 lays it out. */
function mpidrAffinity(affinity: number): bigint {
  return (BigInt(affinity >>> 24) << 32n) | BigInt(affinity & 0xff_ffff);
}

/** The physical address that privileged code on a PE reads at a virtual one now; undefined where that would fault. */
function translate(pe: ProcessingElement, address: bigint): { address: number; secure: boolean } | undefined {
  const low = Number(address & 0xffff_ffffn) | 0;
  const high = Number(address >> 32n) | 0;
  if (!pe.walker.translate(low, high, AccessKind.read, pe.regime, true, false, pe.secure)) return undefined;
  return { address: pe.walker.physical, secure: !pe.walker.nonSecure };
}

function flashContents({ firmware, flash = [] }: MachineOptions): FlashContents {
  return { ...(firmware ? { firmware } : {}), banks: flash };
}

function registerNamed(name: string) {
  const register = processorRegisters.get(name);
  if (!register) throw new RangeError(`there is no register '${name}'`);
  return register;
}

function coreNamed(name: string): Core {
  const core = cores.get(name);
  if (!core) throw new MachineError(`unknown core '${name}'; there are ${[...cores.keys()].join(", ")}`);
  return core;
}

function nextSlice(slice: number, ran: number, milliseconds: number): number {
  // A slice that ended early says nothing about how long a whole one takes.
  if (ran < slice / 2 && milliseconds < sliceMilliseconds) return slice;
  const ideal = (ran / Math.max(milliseconds, 0.05)) * sliceMilliseconds;
  return Math.round(Math.min(Math.max(ideal, smallestSlice, slice / 4), largestSlice, slice * 2));
}
