import type { Core } from "../cpu/cores/core.js";
import { cores } from "../cpu/cores/cores.js";
import { SeededEntropy } from "../devices/seeded-entropy.js";
import { Semihosting } from "../devices/semihosting.js";
import { type CharacterBackend, type Dma, silentLog } from "../ports/index.js";
import { readDeviceTree, writeDeviceTree } from "./device-tree/blob.js";
import { adoptDeviceTree, setChosen } from "./device-tree/chosen.js";
import { type PsciConduit, virtDeviceTree } from "./device-tree/virt.js";
import type { Engine, EngineFactory, EngineHost, EngineStatistics } from "./engine.js";
import { HostLoop } from "./host-loop.js";
import { type BootPlan, planBoot } from "./loaders/boot-plan.js";
import { MachineClock } from "./machine-clock.js";
import type { MachineDevice, MachineEnd, MachineOptions } from "./machine-options.js";
import { affinityOf, maximumProcessors, memoryMap } from "./memory-map.js";
import { Pacer } from "./pacer.js";
import { callPsci, type PowerController } from "./psci.js";
import { Scheduler } from "./scheduler.js";
import { hashState } from "./state-hash.js";
import { VirtBoard } from "./virt-board.js";

/** Instructions of a PE's turn when there is more than one PE. */
const sharedTurn = 10_000;
const defaultMemory = 128 * 2 ** 20;
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

export interface MachineStatistics extends EngineStatistics {
  /** Instructions retired by all PEs. */
  readonly instructions: number;
  /** Machine time since power-on, and how much of it every PE waited. */
  readonly nanoseconds: number;
  readonly idleNanoseconds: number;
  /** Host seconds spent in {@link Machine.run} without waiting for input. */
  readonly seconds: number;
  /** Millions of instructions per such second. */
  readonly mips: number;
}

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
  readonly #options: MachineOptions;
  readonly #engine: Engine;
  readonly #clock: MachineClock;
  readonly #scheduler: Scheduler;
  readonly #board: VirtBoard;
  readonly #semihosting: Semihosting | undefined;
  readonly #link: EngineLink;
  readonly #plan: BootPlan | undefined;
  readonly #pacer = new Pacer(() => performance.now());
  #end: MachineEnd | undefined;
  #running = false;
  #milliseconds = 0;
  #wake: () => void = () => {};

  /**
   * Makes a machine and loads its images. Throws {@link MachineError}, LoadError or DeviceTreeError, each with one
   * sentence, for options that no machine can be made with.
   */
  static async create(options: MachineOptions, createEngine: EngineFactory): Promise<Machine> {
    const core = coreNamed(options.cpu ?? "cortex-a57");
    const processors = options.processors ?? 1;
    if (!Number.isInteger(processors) || processors < 1 || processors > maximumProcessors)
      throw new MachineError(`a machine has 1 to ${maximumProcessors} processing elements, not ${processors}`);
    const memory = options.memory ?? defaultMemory;
    if (!Number.isInteger(memory) || memory < 2 ** 20 || memory % 4096 !== 0)
      throw new MachineError(`RAM must be at least 1 MB and a whole number of 4 KB pages, not ${memory} bytes`);
    const hasEl2 = options.virtualization === true;
    const conduit: PsciConduit = hasEl2 ? "smc" : "hvc";
    const plan = options.kernel ? planImages(options, options.kernel, core, processors, memory, conduit) : undefined;

    const clock = new MachineClock();
    const link = new EngineLink(options, clock);
    const engine = await createEngine({
      core,
      affinities: Array.from({ length: processors }, (_, i) => affinityOf(i)),
      hasEl2,
      hasEl3: false,
      ram: { base: memoryMap.ram.base, size: memory },
      conduit,
      jit: options.jit ?? true,
      host: link,
    });
    return new Machine(options, core, engine, clock, link, plan);
  }

  private constructor(
    options: MachineOptions,
    core: Core,
    engine: Engine,
    clock: MachineClock,
    link: EngineLink,
    plan: BootPlan | undefined,
  ) {
    this.#options = options;
    this.core = core;
    this.processors = engine.count;
    this.#engine = engine;
    this.#clock = clock;
    this.#link = link;
    this.#plan = plan;
    const log = options.log ?? silentLog;
    this.#scheduler = new Scheduler(
      clock,
      {
        count: engine.count,
        canRun: (pe) => !link.blocked[pe] && engine.canRun(pe),
        run: (pe, limit) => engine.run(pe, limit),
        retired: () => engine.retired(),
        shorten: (limit) => engine.shorten(limit),
      },
      engine.count > 1 ? sharedTurn : Number.MAX_SAFE_INTEGER,
    );
    this.#board = new VirtBoard({
      engine,
      affinities: Array.from({ length: engine.count }, (_, i) => affinityOf(i)),
      clock,
      log,
      dma: this.#dma(),
      serial: options.serial && this.#listening(options.serial),
      devices: (options.devices ?? []).map((device) => this.#listeningDevice(device)),
      seed: options.seed ?? 0n,
      epoch: options.epoch ?? defaultEpoch,
    });
    const { semihosting } = options;
    if (semihosting)
      this.#semihosting = new Semihosting({
        host: {
          write: (bytes, stream) => semihosting.write(bytes, stream),
          read: (target) => semihosting.read?.(target) ?? -1,
          ...(semihosting.files ? { files: semihosting.files } : {}),
          exit: (status) => this.#finish({ kind: "exit", status }),
        },
        clock,
        log,
        ...(semihosting.commandLine === undefined ? {} : { commandLine: semihosting.commandLine }),
        epoch: options.epoch ?? defaultEpoch,
      });
    link.connect({
      power: this.#powerController(),
      semihosting: this.#semihosting,
      finish: (end) => this.#finish(end),
    });
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
        const before = this.instructions;
        const started = performance.now();
        const end = this.#slice(Math.min(slice, left), !this.#inputOpen());
        const took = performance.now() - started;
        this.#milliseconds += took;
        const ran = this.instructions - before;
        left -= ran;
        options.onSlice?.();
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
    const end = this.#slice(instructions, true);
    if (!end) return { kind: "limit" };
    return "kind" in end ? end : "waiting";
  }

  /** Ends {@link run} soon; the machine can be run on later. */
  stop(): void {
    this.#finish({ kind: "stopped" });
    this.#wake();
  }

  /** Input has come for semihosting: a PE that waits for it tries again. */
  wake(): void {
    this.#link.blocked.fill(false);
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
    this.#link.blocked.fill(false);
    this.#start();
  }

  /** Names for {@link readRegister}. */
  get registerNames(): readonly string[] {
    return this.#engine.registerNames;
  }

  readRegister(pe: number, name: string): bigint {
    return this.#engine.readRegister(this.#checked(pe), name);
  }

  writeRegister(pe: number, name: string, value: bigint): void {
    this.#engine.writeRegister(this.#checked(pe), name, value);
  }

  /** What a PE does: runs, waits, or is off. */
  processorState(pe: number): "running" | "waiting" | "off" {
    this.#checked(pe);
    if (!this.#engine.isOn(pe)) return "off";
    return !this.#link.blocked[pe] && this.#engine.canRun(pe) ? "running" : "waiting";
  }

  /** Bytes of RAM at a physical address; undefined when any of them isn't RAM. Devices aren't touched. */
  readMemory(address: number, length: number): Uint8Array | undefined {
    const host = this.#engine.physical.hostAddress(address, length, false);
    return host < 0 ? undefined : this.#engine.bytes.slice(host, host + length);
  }

  /** Writes RAM at a physical address; false when any of it isn't RAM. */
  writeMemory(address: number, bytes: Uint8Array): boolean {
    const host = this.#engine.physical.hostAddress(address, bytes.length, false);
    if (host < 0) return false;
    this.#engine.bytes.set(bytes, host);
    this.#engine.memoryWritten(address, bytes.length);
    return true;
  }

  /** Bytes at a virtual address as privileged code on a PE would read them; undefined where it would fault. */
  readVirtual(pe: number, address: bigint, length: number): Uint8Array | undefined {
    this.#checked(pe);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const from = BigInt.asUintN(64, address + BigInt(at));
      const step = Math.min(length - at, 4096 - Number(from & 4095n));
      const physical = this.#engine.translate(pe, from);
      const piece = physical === undefined ? undefined : this.readMemory(physical, step);
      if (!piece) return undefined;
      bytes.set(piece, at);
      at += step;
    }
    return bytes;
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
    const bytes = ram.map(({ name, host, size }) => ({ name, bytes: this.#engine.bytes.subarray(host, host + size) }));
    return hashState([...this.#engine.stateParts(), ...bytes]);
  }

  statistics(): MachineStatistics {
    const seconds = this.#milliseconds / 1000;
    return {
      instructions: this.instructions,
      nanoseconds: this.nanoseconds,
      idleNanoseconds: this.#scheduler.idle,
      seconds,
      mips: seconds > 0 ? this.instructions / seconds / 1e6 : 0,
      ...this.#engine.statistics(),
    };
  }

  #slice(instructions: number, jump: boolean): MachineEnd | { readonly until: number | undefined } | undefined {
    const end = this.#scheduler.runSlice(instructions, jump);
    if (end.kind === "stopped") {
      const why = this.#end ?? { kind: "stopped" };
      if (why.kind === "stopped") this.#end = undefined;
      if (why.kind !== "reset" || this.#options.noReboot) return why;
      this.reset();
      return undefined;
    }
    if (end.kind === "limit") return undefined;
    if (end.until !== undefined || this.#inputOpen()) return { until: end.until };
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
    const { pieces = [], entry, x0 } = this.#plan ?? {};
    for (const { address, bytes, size } of pieces) {
      this.writeMemory(address, bytes);
      if (size > bytes.length) this.#clear(address + bytes.length, size - bytes.length);
    }
    for (let pe = 0; pe < this.processors; pe++) this.#engine.powerOff(pe);
    this.#engine.start(0, {
      pc: BigInt(entry ?? memoryMap.ram.base),
      x0: BigInt(x0 ?? 0),
      el: this.#options.virtualization ? 2 : 1,
    });
  }

  #clear(address: number, size: number): void {
    const host = this.#engine.physical.hostAddress(address, size, false);
    this.#engine.bytes.fill(0, host, host + size);
    this.#engine.memoryWritten(address, size);
  }

  #checked(pe: number): number {
    if (!(pe >= 0 && pe < this.processors)) throw new RangeError(`the machine has ${this.processors} PEs, no PE ${pe}`);
    return pe;
  }

  #dma(): Dma {
    return {
      read: (address, target) => {
        const host = this.#engine.physical.hostAddress(address, target.length, false);
        if (host < 0) return false;
        target.set(this.#engine.bytes.subarray(host, host + target.length));
        return true;
      },
      write: (address, source) => this.writeMemory(address, source),
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

  #listeningDevice(device: MachineDevice): MachineDevice {
    return device.kind === "virtio-console" ? { ...device, backend: this.#listening(device.backend) } : device;
  }

  #powerController(): PowerController {
    const engine = this.#engine;
    return {
      processorAt: (affinity) => {
        for (let pe = 0; pe < this.processors; pe++) if (BigInt(affinityOf(pe)) === affinity) return pe;
        return undefined;
      },
      powerState: (pe) => (engine.isOn(pe) ? "on" : "off"),
      canEnter: (address) =>
        address <= BigInt(Number.MAX_SAFE_INTEGER) && engine.physical.hostAddress(Number(address), 4, false) >= 0,
      turnOn: (pe, pc, x0) => engine.start(pe, { pc, x0, el: this.#options.virtualization ? 2 : 1 }),
      turnOff: (pe) => {
        engine.powerOff(pe);
        engine.shorten(0);
      },
      standBy: (pe) => engine.standBy(pe),
      systemOff: () => this.#finish({ kind: "off" }),
      systemReset: () => this.#finish({ kind: "reset" }),
    };
  }
}

/** What the engine calls, before and after the machine around it exists. */
class EngineLink implements EngineHost {
  readonly log;
  readonly clock: MachineClock;
  /** PEs that wait for semihosting input. */
  readonly blocked: boolean[] = [];
  readonly semihostingCall?: NonNullable<EngineHost["semihostingCall"]>;
  #power: PowerController | undefined;
  #semihosting: Semihosting | undefined;
  #finish: (end: MachineEnd) => void = () => {};

  constructor(options: MachineOptions, clock: MachineClock) {
    this.log = options.log ?? silentLog;
    this.clock = clock;
    if (options.semihosting)
      this.semihostingCall = (pe, operation, parameter, memory) => {
        const result = this.#semihosting!.call(operation, parameter, memory);
        if (result === "blocked") this.blocked[pe] = true;
        return result;
      };
  }

  connect(machine: {
    power: PowerController;
    semihosting: Semihosting | undefined;
    finish: (end: MachineEnd) => void;
  }): void {
    this.#power = machine.power;
    this.#semihosting = machine.semihosting;
    this.#finish = machine.finish;
  }

  firmwareCall(pe: number, x0: bigint, args: readonly [bigint, bigint, bigint]) {
    return callPsci(this.#power!, pe, x0, args);
  }

  stuck(pe: number, what: string): void {
    this.#finish({ kind: "stuck", pe, what });
  }
}

function coreNamed(name: string): Core {
  const core = cores.get(name);
  if (!core) throw new MachineError(`unknown core '${name}'; there are ${[...cores.keys()].join(", ")}`);
  return core;
}

/** QEMU's `max` calls itself a Cortex-A57 in the device tree. */
function compatibleOf(core: Core): string {
  return `arm,${core.name === "max" ? "cortex-a57" : core.name}`;
}

function planImages(
  options: MachineOptions,
  kernel: Uint8Array,
  core: Core,
  processors: number,
  memory: number,
  conduit: PsciConduit,
): BootPlan {
  const rngSeed = new Uint8Array(32);
  new SeededEntropy(options.seed ?? 0n).fill(rngSeed);
  return planBoot(
    {
      kernel,
      ...(options.initrd ? { initrd: options.initrd } : {}),
      deviceTree: (initrd) => {
        const tree = options.deviceTree
          ? readDeviceTree(options.deviceTree)
          : virtDeviceTree({
              processors,
              compatible: compatibleOf(core),
              psciConduit: conduit,
              memory,
              hasEl2: options.virtualization === true,
              hasIts: false,
              hasFwCfg: true,
              hasPmu: core.features.has("FEAT_PMUv3"),
            });
        if (options.deviceTree) adoptDeviceTree(tree, memory, conduit);
        setChosen(tree, {
          ...(options.commandLine === undefined ? {} : { bootargs: options.commandLine }),
          ...(initrd ? { initrd } : {}),
          rngSeed,
        });
        return writeDeviceTree(tree);
      },
    },
    memory,
  );
}

function nextSlice(slice: number, ran: number, milliseconds: number): number {
  // A slice that ended early says nothing about how long a whole one takes.
  if (ran < slice / 2 && milliseconds < sliceMilliseconds) return slice;
  const ideal = (ran / Math.max(milliseconds, 0.05)) * sliceMilliseconds;
  return Math.round(Math.min(Math.max(ideal, smallestSlice, slice / 4), largestSlice, slice * 2));
}
