import { describe, expect, it } from "vitest";
import { DebugPoints } from "../cpu/debug-points.js";
import { LinearMemory } from "../cpu/linear-memory.js";
import { PhysicalMemory } from "../cpu/physical-memory.js";
import { ProcessingElement, processingElementSize } from "../cpu/processing-element.js";
import { PeState } from "../cpu/state-layout.js";
import { readDeviceTree } from "./device-tree/blob.js";
import { childOf } from "./device-tree/tree.js";
import type { Engine, EngineFactory, EngineOptions } from "./engine.js";
import { Machine } from "./machine.js";
import type { MachineOptions } from "./machine-options.js";
import { memoryMap } from "./memory-map.js";
import { PsciFunction } from "./psci-functions.js";
import type { TurnEnd } from "./scheduler.js";

/** One instruction of a scripted PE; the last one of a script repeats. */
type Step = (pe: ProcessingElement, engine: ScriptEngine) => TurnEnd | undefined;

/** Real processing elements on real memory that execute steps written in TypeScript instead of instructions. */
class ScriptEngine implements Engine {
  readonly processors: ProcessingElement[] = [];
  readonly memory: LinearMemory;
  readonly physical: PhysicalMemory;
  readonly boardMemory: number;
  readonly debugPoints = new DebugPoints([], { mark() {}, unmarkAll() {}, physicalAddress: () => 0 });
  readonly #scripts: readonly (readonly Step[])[];
  readonly #positions: number[];
  #retired = 0;
  #limit = 0;

  constructor(options: EngineOptions, scripts: readonly (readonly Step[])[]) {
    const peSize = processingElementSize();
    const ramAt = Math.ceil((peSize * options.affinities.length) / 65536) * 65536;
    this.boardMemory = ramAt + options.ram.size;
    this.memory = new LinearMemory(new ArrayBuffer(this.boardMemory + (options.boardMemory ?? 0)));
    this.physical = new PhysicalMemory(this.memory, options.log);
    this.physical.addRam({ name: "ram", ...options.ram, host: ramAt, direct: true });
    this.#scripts = scripts;
    this.#positions = options.affinities.map(() => 0);
    for (const [index, affinity] of options.affinities.entries())
      this.processors.push(
        new ProcessingElement({
          index,
          affinity,
          core: options.core,
          haveEl2: options.hasEl2,
          haveEl3: options.hasEl3,
          memory: this.memory,
          base: index * peSize,
          contextsBase: index * peSize + PeState.size,
          physical: this.physical,
          codePages: { isCode: () => false, written() {}, records: () => 0 },
          counter: { retired: () => this.#retired },
          peers: this.processors,
        }),
      );
  }

  run(index: number, limit: number): TurnEnd {
    this.#retired = 0;
    this.#limit = limit;
    const pe = this.processors[index]!;
    const script = this.#scripts[index]!;
    while (this.#retired < this.#limit) {
      const position = Math.min(this.#positions[index]!++, script.length - 1);
      const end = script[position]!(pe, this);
      this.#retired++;
      if (end || pe.waiting || pe.poweredOff) return end ?? "yield";
    }
    return "limit";
  }

  retired(): number {
    return this.#retired;
  }

  shorten(limit: number): void {
    this.#limit = Math.min(this.#limit, limit);
  }

  memoryWritten(): void {}

  mappingChanged(): void {}

  statistics() {
    return { instructionsByEl: [0, 0, 0, 0] };
  }
}

const idle: Step = () => undefined;
const wfi: Step = (pe) => {
  pe.waiting = pe.irqPending === 0;
  return "yield";
};
const hvc =
  (id: number, ...args: bigint[]): Step =>
  (pe) => {
    for (const [i, value] of [BigInt(id), ...args].entries()) pe.setX(i, value);
    pe.conduit!.monitor.exceptionTaken(pe, { targetEl: 2, esr: 0x5a00_0000 | 0, vector: 0x400 });
    return undefined;
  };
const store =
  (address: number, value: number): Step =>
  (pe, { physical, memory }) => {
    memory.view.setUint32(pe.base + PeState.scratch, value, true);
    expect(physical.write(address, 4, pe.base + PeState.scratch, false)).toBe(true);
    return undefined;
  };

const kernel = new TextEncoder().encode("a kernel of no known format");
const MB = 2 ** 20;

function make(scripts: Step[][], options: MachineOptions = {}): Promise<Machine> {
  const factory: EngineFactory = (engineOptions) => new ScriptEngine(engineOptions, scripts);
  return Machine.create({ kernel, memory: 32 * MB, processors: scripts.length, ...options }, factory);
}

describe("a machine", () => {
  it("starts by the Linux boot protocol", async () => {
    const machine = await make([[idle]], { commandLine: "a=b", initrd: Uint8Array.of(1, 2, 3) });
    expect(machine.readRegister(0, "PC")).toBe(0x4008_0000n);
    expect(machine.readRegister(0, "PSTATE") & 0x3ffn).toBe(0x3c5n);
    expect(machine.readMemory(0x4008_0000, kernel.length)).toEqual(kernel);
    const tree = readDeviceTree(machine.readMemory(Number(machine.readRegister(0, "X0")), 2 ** 17)!);
    const chosen = childOf(tree.root, "chosen")!.properties;
    expect(new TextDecoder().decode(chosen.get("bootargs"))).toBe("a=b\0");
    expect(chosen.get("rng-seed")?.length).toBe(32);
    const initrd = new DataView(chosen.get("linux,initrd-start")!.buffer).getBigUint64(0);
    expect(machine.readMemory(Number(initrd), 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(machine.processorState(0)).toBe("running");
  });

  it("ends when the guest powers off, or at a limit", async () => {
    const machine = await make([[idle, idle, hvc(PsciFunction.systemOff), idle]]);
    expect(await machine.run({ instructions: 2 })).toEqual({ kind: "limit" });
    expect(await machine.run()).toEqual({ kind: "off" });
    expect(machine.instructions).toBe(3);
    expect(machine.statistics()).toMatchObject({ instructions: 3, nanoseconds: 3 });
  });

  it("resets, or says so with noReboot", async () => {
    const steps = [hvc(PsciFunction.systemReset), idle, hvc(PsciFunction.systemOff)];
    const machine = await make([steps]);
    machine.writeMemory(0x4008_0000, new Uint8Array(kernel.length));
    expect(await machine.run()).toEqual({ kind: "off" });
    expect(machine.readMemory(0x4008_0000, kernel.length)).toEqual(kernel);
    expect(await (await make([steps], { noReboot: true })).run()).toEqual({ kind: "reset" });
  });

  it("turns PEs on and off through PSCI", async () => {
    const machine = await make([
      [hvc(PsciFunction.cpuOn64, 1n, 0x4010_0000n, 42n), wfi, hvc(PsciFunction.systemOff)],
      [idle, hvc(PsciFunction.cpuOff)],
    ]);
    expect(machine.processorState(1)).toBe("off");
    expect(await machine.run({ instructions: 2 })).toEqual({ kind: "limit" });
    expect(machine.processorState(1)).toBe("running");
    expect(machine.readRegister(1, "PC")).toBe(0x4010_0000n);
    expect(machine.readRegister(1, "X0")).toBe(42n);
    expect(await machine.run()).toEqual({ kind: "asleep" });
    expect(machine.processorState(0)).toBe("waiting");
    expect(machine.processorState(1)).toBe("off");
  });

  it("prints through the UART, and wakes a PE for a device's interrupt", async () => {
    let printed = "";
    let type: (bytes: Uint8Array) => void = () => {};
    const { pl011, gicDistributor, gicRedistributors } = memoryMap;
    const rd = gicRedistributors.base;
    const machine = await make(
      [
        [
          store(pl011.base, 0x68),
          store(pl011.base, 0x69),
          store(gicDistributor.base, 0x37),
          store(rd + 0x14, 0),
          store(gicDistributor.base + 0x80 + 4, 0xffff_ffff),
          store(gicDistributor.base + 0x100 + 4, 2),
          (pe) => {
            pe.interruptController!.write("ICC_PMR_EL1", 0xff, pe.gicContext);
            pe.interruptController!.write("ICC_IGRPEN1_EL1", 1, pe.gicContext);
            return undefined;
          },
          // UARTIMSC.RXIM
          store(pl011.base + 0x38, 0x10),
          wfi,
          hvc(PsciFunction.systemOff),
        ],
      ],
      {
        serial: {
          write: (bytes) => void (printed += new TextDecoder().decode(bytes)),
          onInput: (receive) => void (type = receive),
        },
        inputOpen: () => true,
      },
    );
    const run = machine.run();
    while (machine.processorState(0) === "running") await new Promise((resolve) => setTimeout(resolve));
    expect(printed).toBe("hi");
    type(Uint8Array.of(0x78));
    expect(await run).toEqual({ kind: "off" });
  });

  it("lets timers fire and input in while it is busy", async () => {
    const machine = await make([[idle]]);
    const started = performance.now();
    setTimeout(() => machine.stop(), 30);
    expect(await machine.run()).toEqual({ kind: "stopped" });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("can be stopped from outside, and run on", async () => {
    const machine = await make([[wfi]], { inputOpen: () => true });
    setTimeout(() => machine.stop(), 20);
    expect(await machine.run()).toEqual({ kind: "stopped" });
    setTimeout(() => machine.stop(), 20);
    expect(await machine.run()).toEqual({ kind: "stopped" });
  });

  it("passes idle time at once when no input can come, and in real time when it can", async () => {
    const timer =
      (milliseconds: bigint): Step =>
      (pe) => {
        pe.timers!.write("CNTV_CVAL_EL0", 62_500n * milliseconds);
        pe.timers!.write("CNTV_CTL_EL0", 1n);
        return undefined;
      };
    const before = performance.now();
    const fast = await make([[timer(200_000n), wfi, idle]]);
    expect(await fast.run()).toEqual({ kind: "asleep" });
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(fast.nanoseconds).toBe(200_000_000_000);

    const started = performance.now();
    const slow = await make([[timer(200n), wfi, idle]], { inputOpen: () => performance.now() - started < 500 });
    expect(await slow.run()).toEqual({ kind: "asleep" });
    expect(performance.now() - started).toBeGreaterThan(180);
    expect(slow.nanoseconds).toBe(200_000_000);
  });

  it("has a state hash that registers and memory change", async () => {
    const machine = await make([[idle]]);
    const hashes = [await machine.stateHash(), await machine.stateHash()];
    expect(hashes[0]).toBe(hashes[1]);
    machine.writeRegister(0, "V31", 1n << 127n);
    hashes.push(await machine.stateHash());
    machine.writeMemory(0x4000_0000 + 32 * MB - 1, Uint8Array.of(1));
    hashes.push(await machine.stateHash());
    machine.writeRegister(0, "TPIDR_EL0", 5n);
    hashes.push(await machine.stateHash());
    expect(new Set(hashes.slice(1)).size).toBe(4);
    expect(await (await make([[idle]])).stateHash()).toBe(hashes[0]);
  });

  it("reads and writes registers and memory by name and address", async () => {
    const machine = await make([[idle]]);
    for (const name of ["X0", "X30", "SP", "PC", "V0", "FPSR", "VBAR_EL1", "ELR_EL1"]) {
      machine.writeRegister(0, name, 0x1230_0000n);
      expect(machine.readRegister(0, name), name).toBe(name === "FPSR" ? machine.readRegister(0, name) : 0x1230_0000n);
    }
    machine.writeRegister(0, "PSTATE", 0xa000_03c4n);
    expect(machine.readRegister(0, "PSTATE")).toBe(0xa000_03c4n);
    expect(() => machine.readRegister(0, "X31")).toThrow("there is no register 'X31'");
    expect(() => machine.readRegister(1, "X0")).toThrow("no PE 1");
    expect(machine.readMemory(0x3fff_ffff, 2)).toBeUndefined();
    expect(machine.readVirtual(0, 0x4008_0000n, 8)).toEqual(kernel.slice(0, 8));
    expect(machine.readVirtual(0, 0x3000_0000n, 4)).toBeUndefined();
    expect(machine.memoryMap().map(({ name }) => name)).toContain("pl011");
  });

  it("ends when a PE's exception vector can't be executed", async () => {
    const machine = await make([
      [
        idle,
        (pe) => {
          for (let i = 0; i < 1100; i++) pe.onException?.(pe, 1, 0x8600_0010 | 0, 0x200);
          return undefined;
        },
      ],
    ]);
    const end = await machine.run();
    expect(end).toMatchObject({ kind: "stuck", pe: 0 });
    expect(end.kind === "stuck" && end.what).toMatch(
      /^takes Instruction Abort \(external abort: nothing is there\) from EL1/,
    );
  });

  it.each([
    [{ cpu: "cortex-a99" }, /^unknown core 'cortex-a99'; there are /],
    [{ processors: 9 }, "a machine has 1 to 8 processing elements, not 9"],
    [{ memory: 1000 }, /^RAM must be at least 1 MB/],
    [{ memory: MB, kernel: new Uint8Array(2 * MB) }, /^the kernel .* doesn't fit in RAM/],
    [{ deviceTree: new Uint8Array(100) }, /^not a device tree blob/],
  ] as [MachineOptions, string | RegExp][])("refuses options with %$", async (options, message) => {
    await expect(make([[idle]], options)).rejects.toThrow(message);
  });
});
