/** What the counters count between markers, on code whose counts can be read off; and that counting and tracing change nothing. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import type { MachineOptions } from "../../src/board/machine-options.js";
import type { MachineObserver } from "../../src/board/observers.js";
import { MachineTrace } from "../../src/debug/trace/machine-trace.js";
import { CrossingCounters } from "../../src/lab/counters/crossing-counters.js";
import type { Experiment } from "../../src/lab/experiment.js";
import { crossingExperiment } from "../../src/lab/experiments/crossings.js";
import { profiles } from "../../src/lab/profiles/index.js";
import { rowsOf, runExperiment } from "../../src/lab/run-experiment.js";

const readImage = async (name: string): Promise<Uint8Array> => readFileSync(`guest/images/${name}`);

/** A raw image of these instructions, run at EL1 (EL2 with `virtualization`) with the MMU off. */
function image(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

const hint = (number: number): number => 0xd503201f | (number << 5);
const begin = hint(0x50);
const end = hint(0x51);
const nop = 0xd503201f;
const movX0 = (value: number): number => 0xd2800000 | (value << 5);
const movX1 = (value: number): number => 0xd2800001 | (value << 5);
/** B to itself. */
const stop = 0x14000000;

async function count(words: readonly number[], options: MachineOptions = {}): Promise<CrossingCounters> {
  const counters = new CrossingCounters();
  const machine = await Machine.create({
    kernel: image([...words, stop]),
    memory: 2 ** 23,
    observers: [counters],
    ...options,
  });
  await machine.run({ instructions: words.length + 100 });
  return counters;
}

/** The only crossing `id`, as "kind name": count. */
function only(counters: CrossingCounters, id: number): Record<string, number> {
  const found = counters.crossings.get(id) ?? [];
  expect(found).toHaveLength(1);
  const { events } = counters;
  return Object.fromEntries(
    [...found[0]!.counts].map(([at, n]) => [`${events[at]!.kind} ${events[at]!.name}`, n] as const),
  );
}

describe("between markers", () => {
  it("counts instructions, not the markers", async () => {
    const counters = await count([movX0(7), begin, nop, nop, nop, end, begin, end]);
    const found = counters.crossings.get(7)!;
    expect(found.map(({ counts }) => [...counts.values()])).toEqual([[3], []]);
    expect(found[0]!.nanoseconds).toBe(4);
    expect([...counters.mistakes]).toEqual([]);
  });

  it("counts barriers, system registers and system instructions", async () => {
    const counters = await count([
      movX0(1),
      begin,
      0xd5033b9f, // dsb ish
      0xd5033bbf, // dmb ish
      0xd5033fdf, // isb
      0xd538d081, // mrs x1, tpidr_el1: generated code reads it by itself
      0xd5182001, // msr ttbr0_el1, x1
      0xd50343df, // msr daifset, #3
      0xd508871f, // tlbi vmalle1
      end,
    ]);
    expect(only(counters, 1)).toEqual({
      "instruction EL1": 7,
      "barrier DSB": 1,
      "barrier DMB": 1,
      "barrier ISB": 1,
      "registerRead TPIDR_EL1": 1,
      "registerWrite TTBR0_EL1": 1,
      "registerWrite PSTATE": 1,
      "systemInstruction TLBI VMALLE1": 1,
    });
  });

  it("counts accesses to devices, once each", async () => {
    const counters = await count([
      movX0(2),
      0xd2a12001, // mov x1, #0x9000000: the UART
      begin,
      0xb9401822, // ldr w2, [x1, #24]
      0xb9003022, // str w2, [x1, #48]
      end,
    ]);
    expect(only(counters, 2)).toEqual({ "instruction EL1": 2, "mmioRead pl011": 1, "mmioWrite pl011": 1 });
  });

  it("keeps notes, and says what is wrong with markers", async () => {
    const counters = await count([movX0(3), movX1(99), hint(0x53), end, begin, begin, hint(0x5f)]);
    expect(counters.notes).toEqual([{ key: 3, value: 99n }]);
    expect([...counters.mistakes]).toEqual([
      "crossing 3 ends without having begun",
      "crossing 3 begins while it is under way",
    ]);
  });

  it("begins a crossing when the wire of an interrupt is asserted", async () => {
    const counters = await count([
      movX0(5),
      movX1(27),
      hint(0x52),
      nop,
      0xd51be31f, // msr cntv_tval_el0, xzr
      movX1(1),
      0xd51be321, // msr cntv_ctl_el0, x1: the virtual timer's wire, INTID 27
      nop,
      nop,
      end,
      end,
    ]);
    expect(only(counters, 5)).toEqual({
      "instruction EL1": 3,
      // The crossing began in the middle of the write, which had been counted before.
    });
    expect([...counters.mistakes]).toEqual(["crossing 5 ends without having begun"]);
  });

  it("begins all crossings that a wire was armed for, and ends one when the interrupt is seen", async () => {
    const wire = movX1(27);
    const until = 0xf2c00021; // movk x1, #1, lsl #32
    const counters = await count([
      movX0(27),
      hint(0x54), // seen, but nothing was armed
      ...[movX0(5), wire, hint(0x52)],
      ...[movX0(6), wire, until, hint(0x52)],
      movX0(27),
      hint(0x54), // not asserted yet
      0xd51be31f, // msr cntv_tval_el0, xzr
      movX1(1),
      0xd51be321, // msr cntv_ctl_el0, x1
      nop,
      hint(0x54),
      hint(0x54),
      movX0(5),
      nop,
      end,
    ]);
    // As above, with the write that asserts the wire.
    expect(only(counters, 6)).toEqual({ "instruction EL1": 2 });
    // The markers that aren't its own count as the instructions that they are.
    expect(only(counters, 5)).toEqual({ "instruction EL1": 6 });
    expect([...counters.mistakes]).toEqual([]);
  });

  it("counts exceptions at the level that they leave", async () => {
    const counters = await count([movX0(4), begin, 0xd4000002 /* hvc #0 */, movX0(4), end]);
    // PSCI answers, in X0: the machine is EL2 then.
    expect(only(counters, 4)).toEqual({ "instruction EL1": 2, "exception HVC EL1 to EL2": 1 });
  });
});

describe("the crossings experiment", () => {
  it("counts the same in every run, compiled or not, but for the TLB misses of compiled code", async () => {
    const environment = { readImage, profiles, cpu: "cortex-a53" };
    const first = await runExperiment(crossingExperiment, environment);
    expect(first.failures).toEqual([]);
    expect(await runExperiment(crossingExperiment, environment)).toEqual(first);
    const compiled = await runExperiment(crossingExperiment, { ...environment, jit: true });
    const counts = (result: typeof first) =>
      rowsOf(result).map(({ name, counted }) => ({
        name,
        counted: counted
          .filter(({ event }) => event.kind !== "tlbMiss" && event.kind !== "walkRead")
          .map(({ event, total }) => `${event.kind} ${event.name}: ${total}`)
          .sort(),
      }));
    expect(counts(compiled)).toEqual(counts(first));
  });

  it("counts what the handlers are made of", async () => {
    const result = await runExperiment(crossingExperiment, { readImage, profiles, cpu: "cortex-a53" });
    const typical = (name: string): Record<string, number> =>
      Object.fromEntries(
        rowsOf(result)
          .find((row) => row.name === name)!
          .counted.filter((counted) => counted.typical > 0)
          .map((counted) => [`${counted.event.kind} ${counted.event.name}`, counted.typical]),
      );
    // guest/experiments/crossings/vectors.S: B, CBNZ, ADD, ERET.
    expect(typical("SVC")).toEqual({
      "instruction EL0": 1,
      "instruction EL1": 4,
      "exception SVC EL0 to EL1": 1,
      "exceptionReturn ERET EL1 to EL0": 1,
    });
    expect(typical("SMC")).toEqual({
      "instruction EL1": 1,
      "instruction EL3": 4,
      "exception SMC EL1 to EL3": 1,
      "exceptionReturn ERET EL3 to EL1": 1,
    });
    expect(typical("trapped register")).toMatchObject({
      "instruction EL1": 1,
      "exception System register trap EL1 to EL2": 1,
      "registerRead ID_AA64ISAR0_EL1": 1,
      "registerRead ESR_EL2": 1,
      "registerRead ELR_EL2": 1,
      "registerWrite ELR_EL2": 1,
    });
  });

  it("fails when a mechanism did less than it should", async () => {
    const changed = (experiment: Experiment, change: object): Experiment => ({
      ...experiment,
      groups: experiment.groups.map((group) => ({ ...group, rows: group.rows.map((row) => ({ ...row, ...change })) })),
    });
    const environment = { readImage, profiles, cpu: "cortex-a53" };
    const { failures } = await runExperiment(changed(crossingExperiment, { served: 201n, rounds: 199 }), environment);
    expect(failures.slice(0, 2)).toEqual(["SVC: 200 crossings instead of 199", "SVC: served 200 instead of 201"]);
    const [run] = crossingExperiment.runs;
    const short = { ...run!, limit: 1000 };
    const ended = await runExperiment(changed({ ...crossingExperiment, runs: [short] }, { run: short }), environment);
    expect(ended.failures).toContain("the run ended early: the instruction limit was reached");
  });
});

describe("an observed machine", () => {
  it.each([
    ["demo.elf", {}],
    ["demo.elf", { processors: 2, virtualization: true }],
    ["crossings.elf", { virtualization: true, secure: true, memory: 2 ** 28 }],
  ])("does what one that isn't does: %s %o", async (name, options) => {
    const kernel = await readImage(name);
    const hashes: string[] = [];
    const observers = (): readonly MachineObserver[][] => [[], [new CrossingCounters()], [new MachineTrace(() => {})]];
    for (const jit of [true, false])
      for (const some of observers()) {
        const semihosting = { write() {} };
        const machine = await Machine.create({ ...options, kernel, semihosting, jit, observers: some });
        await machine.run({ instructions: 3_000_000 });
        hashes.push(`${machine.instructions} ${machine.nanoseconds} ${await machine.stateHash()}`);
      }
    expect(new Set(hashes).size).toBe(1);
  });
});
