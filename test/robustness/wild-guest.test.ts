/** What guests can do wrong: the machine goes on, or ends and says what the guest did; the host never fails or hangs. */
import { describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import { describeEnd, type MachineEnd, type MachineOptions } from "../../src/board/machine-options.js";
import { MemoryBlockBackend, MemoryFileSystem } from "../../src/devices/index.js";
import { nullCharacterBackend } from "../../src/ports/index.js";
import { Random } from "../differential/random.js";
import { program } from "../support/program.js";

const ram = 0x4000_0000;
const memory = 16 * 2 ** 20;

const make = (words: readonly number[], options: MachineOptions = {}): Promise<Machine> =>
  Machine.create({ kernel: program(...words), memory, ...options });

async function run(words: readonly number[], instructions: number, options: MachineOptions = {}): Promise<MachineEnd> {
  return (await make(words, options)).run({ instructions });
}

const sentence = (end: MachineEnd): string => describeEnd(end);

/** MOVZ, MOVK... of a 64-bit value. */
function move(register: number, value: bigint): number[] {
  return [0n, 1n, 2n, 3n].map(
    (part) =>
      (part === 0n ? 0xd2800000 : 0xf2800000) |
      (Number(part) << 21) |
      (Number((value >> (part * 16n)) & 0xffffn) << 5) |
      register,
  );
}

const br = (register: number): number => 0xd61f0000 | (register << 5);
const vbar = (register: number): number => 0xd518c000 | register;
const wfi = 0xd503207f;
const wfe = 0xd503205f;
const loop = 0x14000000;
const udf = 0;
const eret = 0xd69f03e0;

describe.each([true, false])("with jit: %s", (jit) => {
  it.each<[string, bigint]>([
    ["address 0", 0n],
    ["beyond RAM", 0x4000_0000n + 2n ** 30n],
    ["a device", 0x0900_0000n],
    ["nothing", 0x0fff_f000n],
    ["beyond the physical addresses", 2n ** 50n],
    ["no canonical address", 0x0123_4567_89ab_cdecn],
    ["the last word", 0xffff_ffff_ffff_fffcn],
    ["half an instruction", 0x4000_0002n],
  ])("a jump to %s", async (_name, target) => {
    const end = await run([...move(0, target), br(0)], 1_000_000, { jit });
    expect(end.kind).toBe("stuck");
    expect(sentence(end)).toMatch(/^the guest is stuck: PE 0 takes \w+.* from EL1 to EL1 at 0x200 again and again/);
  });

  it("vectors that fault themselves", async () => {
    // The vectors are zeros in RAM: UDF #0.
    const end = await run([...move(0, 0x4010_0000n), vbar(0), udf], 1_000_000, { jit });
    expect(end.kind).toBe("stuck");
    expect(sentence(end)).toMatch(/at 0x40100200 again and again/);
  });

  it("a handler that returns to what faulted", async () => {
    const machine = await make([...move(0, BigInt(ram + 0x800)), vbar(0), udf], { jit });
    // At the vector for a synchronous exception of the current level with SP_EL1.
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, eret, true);
    machine.writeMemory(ram + 0x800 + 0x200, word);
    expect(await machine.run({ instructions: 300_000 })).toEqual({ kind: "limit" });
    expect(machine.instructions).toBe(300_000);
    // Each round is the exception and ERET.
    const [kind] = Object.keys(machine.statistics().exceptions);
    expect(machine.statistics().exceptions[kind!]).toBeCloseTo(150_000, -2);
  });

  it.each<[string, number[], MachineEnd["kind"]]>([
    ["WFI for ever", [wfi, loop], "asleep"],
    // WFE may return at any time (DDI 0487 D1.16), so a loop of it is a loop.
    ["WFE for ever", [wfe, 0x17ffffff], "limit"],
    ["a loop of nothing", [loop], "limit"],
    ["SMC with no one to take it", [0xd4000003, loop], "stuck"],
    ["BRK", [0xd4200000, loop], "stuck"],
    ["HLT #0xf000 without semihosting", [0xd45e0000, loop], "stuck"],
    // CNTV_CVAL_EL0 is 0, and so is the count: the condition is met, but nothing in the GIC is enabled.
    ["WFI with a timer due at count 0", [0xd2800020, 0xd51be320, wfi, loop], "asleep"],
    ["WFI with a timer due after 584 years", [0xd2800020, 0xd51be320, 0x92800001, 0xd51be341, wfi, loop], "asleep"],
    ["an unallocated system register", [0xd53bffe0], "stuck"],
    ["ERET to an illegal state", [...move(0, 0x1fn), 0xd5184000, eret], "stuck"],
  ])("%s", async (_name, words, kind) => {
    const end = await run(words, 1_000_000, { jit });
    expect(end.kind).toBe(kind);
    expect(sentence(end)).toMatch(/^[^\n]{20,400}$/);
  });
});

/** RAM full of words: half of them anything, half with the top byte of an instruction that exists, which go further. */
function garbage(random: Random): Uint8Array {
  const bytes = new Uint8Array(2 ** 20);
  const view = new DataView(bytes.buffer);
  const tops = [0x91, 0xf9, 0xb9, 0x54, 0x17, 0x14, 0xeb, 0xaa, 0x8b, 0x38, 0x4e, 0x1e, 0xd5, 0x34, 0xd6, 0xa9, 0xb4];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = random.word();
    view.setUint32(at, random.below(2) ? word : (word & 0xffffff) + tops[random.below(tops.length)]! * 2 ** 24, true);
  }
  return bytes;
}

describe("memory full of garbage, executed", () => {
  it.each([1, 2, 3, 4, 5, 6])("with seed %d, runs the same compiled and interpreted", async (seed) => {
    const endings: unknown[] = [];
    for (const jit of [true, false]) {
      const random = new Random(seed);
      const machine = await make([loop], { jit, cpu: seed % 2 ? "cortex-a57" : "max", virtualization: seed % 3 === 0 });
      for (let at = 0; at < memory; at += 2 ** 20) machine.writeMemory(ram + at, garbage(random));
      for (let i = 0; i < 31; i++)
        machine.writeRegister(0, `X${i}`, BigInt(ram + (random.word() % memory)) & ~(i & 1 ? 7n : 0n));
      for (const name of ["VBAR_EL1", ...(seed % 3 === 0 ? ["VBAR_EL2"] : [])])
        machine.writeRegister(0, name, BigInt(ram + (random.word() % memory)) & ~0x7ffn);
      machine.writeRegister(0, "PC", BigInt(ram + 2 ** 20));
      // What it hits at first may end it; so it is begun again at other places.
      const kinds: string[] = [];
      for (let start = 0; start < 40; start++) {
        const end = await machine.run({ instructions: 50_000 });
        kinds.push(end.kind === "stuck" ? sentence(end) : end.kind);
        machine.writeRegister(0, "PC", BigInt(ram + (random.word() % memory)) & ~3n);
      }
      endings.push({ kinds, instructions: machine.instructions, hash: await machine.stateHash() });
    }
    expect(endings[0]).toEqual(endings[1]);
    expect((endings[0] as { instructions: number }).instructions).toBeGreaterThan(40);
  });
});

describe("garbage written to every device", () => {
  const loads = [0x39400002, 0x79400002, 0xb9400002, 0xf9400002, 0xa9400c02];
  const stores = [0x39000001, 0x79000001, 0xb9000001, 0xf9000001, 0xa9000801];

  /** With every kind of device; its program is written anew for each access. */
  async function deviceMachine(): Promise<Machine> {
    const files = new MemoryFileSystem();
    files.addFile("dir/file", new TextEncoder().encode("contents"));
    return make([loop], {
      processors: 2,
      serial: nullCharacterBackend,
      devices: [
        { kind: "virtio-blk", backend: new MemoryBlockBackend(new Uint8Array(512 * 64)) },
        { kind: "virtio-console", backend: nullCharacterBackend },
        { kind: "virtio-rng" },
        { kind: "virtio-9p", files, mountTag: "fuzz" },
      ],
    });
  }

  async function fuzz(seed: number): Promise<{ hash: string; instructions: number; exceptions: unknown }> {
    const random = new Random(seed);
    const machine = await deviceMachine();
    const code = new Uint8Array(8);
    const view = new DataView(code.buffer);
    const windows = machine.memoryMap().filter(({ kind }) => kind === "device");
    expect(windows.map(({ name }) => name)).toContain("pl011");
    expect(windows.length).toBeGreaterThan(36);
    for (const { base, size } of windows) {
      for (let i = 0; i < 150; i++) {
        const width = random.below(5);
        // The first registers more often than the rest.
        const offset = random.word() % (random.below(3) ? Math.min(size, 0x200) : size);
        const aligned = random.below(8) ? offset & -(1 << Math.min(width, 3)) : offset;
        const value = [0n, 1n, 0xffff_ffff_ffff_ffffn, BigInt(ram + random.below(memory)), BigInt(random.word())];
        view.setUint32(0, (random.below(3) ? stores : loads)[width]!, true);
        view.setUint32(4, loop, true);
        // Devices may have written anywhere in RAM.
        machine.writeMemory(ram, code);
        machine.writeRegister(0, "PC", BigInt(ram));
        machine.writeRegister(0, "X0", BigInt(base + aligned));
        machine.writeRegister(0, "X1", value[random.below(value.length)]!);
        machine.writeRegister(0, "X2", BigInt(random.word()));
        const end = machine.runSlice(1 + random.below(4));
        expect(typeof end === "string" || end.kind === "limit" || end.kind === "stuck").toBe(true);
      }
    }
    const { instructions, exceptions } = machine.statistics();
    return { hash: await machine.stateHash(), instructions, exceptions };
  }

  it("leaves the machine running, and in the same state each time", async () => {
    const first = await fuzz(7);
    expect(first.instructions).toBeGreaterThan(5000);
    expect(await fuzz(7)).toEqual(first);
    expect((await fuzz(8)).hash).not.toBe(first.hash);
  });
});

describe("code that changes itself", () => {
  /**
   * Each round adds 1 or 2 to X0 by an instruction that the round before has written:
   *   loop: eor w2, w2, w3; str w2, [x1]; dc cvau, x1; dsb ish; ic ivau, x1; dsb ish; isb; patch: add x0, x0, #1;
   *   subs x4, x4, #1; b.ne loop; wfi
   */
  const rounds = 20_000;
  const patch = ram + 18 * 4 + 7 * 4;
  const code = [
    ...move(1, BigInt(patch)),
    ...move(2, 0x91000400n),
    ...move(3, BigInt(0x91000400 ^ 0x91000800)),
    ...move(4, BigInt(rounds)),
    ...[0xd2800000, 0xd503201f],
    ...[0x4a030042, 0xb9000022, 0xd50b7b21, 0xd5033b9f, 0xd50b7521, 0xd5033b9f, 0xd5033fdf],
    ...[0x91000400, 0xf1000484, 0x54fffee1, wfi, loop],
  ];

  it.each([true, false])("runs what it wrote (jit: %s)", async (jit) => {
    const machine = await make(code, { jit });
    expect(await machine.run({ instructions: 2_000_000 })).toEqual({ kind: "asleep" });
    expect(machine.readRegister(0, "X0")).toBe(BigInt(rounds + rounds / 2));
  });

  it("beside data in the same page goes on", async () => {
    // add x0, x0, #1; str x0, [x1]; subs x4, x4, #1; b.ne -3; wfi
    const words = [
      ...move(1, BigInt(ram + 0x800)),
      ...move(4, 300_000n),
      ...[0x91000400, 0xf9000020, 0xf1000484, 0x54ffffa1, wfi, loop],
    ];
    const hashes: string[] = [];
    for (const jit of [true, false]) {
      const machine = await make(words, { jit });
      expect(await machine.run({ instructions: 2_000_000 })).toEqual({ kind: "asleep" });
      hashes.push(await machine.stateHash());
    }
    expect(hashes[0]).toBe(hashes[1]);
  });
});
