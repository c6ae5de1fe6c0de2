/** What the guest kernel, its programs and the nanovisor do between a device's wire, a timer or a call, and user code. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Experiment } from "../../src/lab/experiment.js";
import { callsClassic, callsGuarded } from "../../src/lab/experiments/calls.js";
import {
  interruptsToClassicHyplet,
  interruptsToGuardedHyplet,
  interruptsToProcess,
} from "../../src/lab/experiments/interrupts.js";
import { timersClassic, timersGuarded } from "../../src/lab/experiments/timers.js";
import { profiles } from "../../src/lab/profiles/index.js";
import { textReport } from "../../src/lab/report/table.js";
import { type ExperimentResult, runExperiment } from "../../src/lab/run-experiment.js";

const readImage = async (name: string): Promise<Uint8Array> => readFileSync(`guest/images/${name}`);
const run = (experiment: Experiment): Promise<ExperimentResult> =>
  runExperiment(experiment, { readImage, profiles, cpu: "cortex-a53" });

const all = [
  interruptsToProcess,
  interruptsToClassicHyplet,
  interruptsToGuardedHyplet,
  timersClassic,
  timersGuarded,
  callsClassic,
  callsGuarded,
];
const results = new Map<string, ExperimentResult>();

/** Counts of the typical crossing of a row, as "kind name": count. */
function typical({ name: experiment }: Experiment, name: string): Record<string, number> {
  const row = results.get(experiment)!.rows.find((each) => each.name === name)!;
  return Object.fromEntries(
    row.counted
      .filter((each) => each.typical > 0)
      .map((each) => [`${each.event.kind} ${each.event.name}`, each.typical]),
  );
}

beforeAll(async () => {
  for (const experiment of all) results.set(experiment.name, await run(experiment));
}, 120_000);

describe("the experiments on latency", () => {
  it.each(all.map((experiment) => [experiment.name, experiment] as const))(
    "%s: all work was done",
    (name, { rows }) => {
      const result = results.get(name)!;
      expect(result.failures).toEqual([]);
      expect(result.rows.map((row) => [row.name, row.crossings])).toEqual(rows.map((row) => [row.name, row.rounds]));
      expect(result.output).toContain("kernel: init ended with status 0\n");
    },
  );

  it("count the same in every run", async () => {
    for (const experiment of [interruptsToProcess, timersGuarded])
      expect(await run(experiment)).toEqual(results.get(experiment.name));
  });

  it("fail when a mechanism did less than it should", async () => {
    const [first, ...others] = callsGuarded.rows;
    const { failures } = await run({ ...callsGuarded, rows: [{ ...first!, rounds: 999, served: 1001n }, ...others] });
    expect(failures).toEqual([
      `${first!.name}: 1000 crossings instead of 999`,
      `${first!.name}: served 1000 instead of 1001`,
    ]);
  });

  it("show how times are distributed", () => {
    const text = textReport([results.get("interrupt")!], profiles, []);
    expect(text).toContain("cortex-a53: min, mean, p99, max");
  });
});

describe("an interrupt", () => {
  it("reaches a hyplet of generation 1 without the kernel", () => {
    for (const load of ["idle", "busy"]) {
      const counts = typical(interruptsToClassicHyplet, `hyplet generation 1, classic, ${load}`);
      expect(Object.keys(counts).filter((name) => /EL[01]$/.test(name) && name.startsWith("instruction"))).toEqual([]);
      expect(counts["instruction EL2"]).toBeGreaterThan(0);
    }
  });

  it("reaches a hyplet of generation 2 by the kernel's HVC", () => {
    const counts = typical(interruptsToClassicHyplet, "hyplet generation 2, classic, idle");
    expect(counts).toMatchObject({ "exception HVC EL1 to EL2": 1 });
    expect(counts["instruction EL1"]).toBeGreaterThan(0);
  });

  it("reaches a guarded hyplet at EL0", () => {
    const counts = typical(interruptsToGuardedHyplet, "hyplet generation 1, guarded, busy");
    expect(counts).toMatchObject({ "exceptionReturn ERET EL2 to EL0": 1 });
    expect(counts["instruction EL0"]).toBeGreaterThan(0);
    expect(counts["instruction EL1"]).toBeUndefined();
  });

  it("interrupts a busy process on its way to the one that waits", () => {
    const counts = typical(interruptsToProcess, "process, busy");
    expect(counts).toMatchObject({ "exception IRQ EL0 to EL1": 1, "exceptionReturn ERET EL1 to EL0": 1 });
    expect(counts["registerWrite TTBR0_EL1"]).toBeGreaterThan(0);
  });
});

describe("a call", () => {
  it("by HypRPC doesn't execute the kernel", () => {
    const counts = typical(callsClassic, "HypRPC, classic, no bytes");
    expect(counts).toMatchObject({ "exception BRK EL0 to EL2": 1 });
    expect(counts["instruction EL1"]).toBeUndefined();
  });

  it("by message executes more for more bytes", () => {
    const work = [0, 64, 4096].map(
      (bytes) => typical(callsClassic, `kernel message, ${bytes} bytes`)["instruction EL1"]!,
    );
    expect(work).toEqual([...work].sort((a, b) => a - b));
    expect(new Set(work).size).toBe(3);
  });
});
