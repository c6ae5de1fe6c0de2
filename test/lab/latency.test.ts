/** What the guest kernel, its programs and the nanovisor do between a device's wire, a timer or a call, and user code. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Experiment } from "../../src/lab/experiment.js";
import { callExperiment } from "../../src/lab/experiments/calls.js";
import { interruptExperiment } from "../../src/lab/experiments/interrupts.js";
import { timerExperiment } from "../../src/lab/experiments/timers.js";
import { profiles } from "../../src/lab/profiles/index.js";
import { type ExperimentResult, rowsOf, runExperiment } from "../../src/lab/run-experiment.js";

const readImage = async (name: string): Promise<Uint8Array> => readFileSync(`guest/images/${name}`);
const run = (experiment: Experiment): Promise<ExperimentResult> =>
  runExperiment(experiment, { readImage, profiles, cpu: "cortex-a53" });

const all = [interruptExperiment, timerExperiment, callExperiment];
const results = new Map<string, ExperimentResult>();

/** Counts of the typical crossing of a row, as "kind name": count. */
function typical({ name: experiment }: Experiment, name: string): Record<string, number> {
  const row = rowsOf(results.get(experiment)!).find((each) => each.name === name)!;
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
    (name, { groups }) => {
      const result = results.get(name)!;
      expect(result.failures).toEqual([]);
      expect(rowsOf(result).map((row) => [row.name, row.crossings])).toEqual(
        groups.flatMap(({ rows }) => rows.map((row) => [row.name, row.rounds])),
      );
      for (const { output } of result.runs) expect(output).toContain("kernel: init ended with status 0\n");
    },
  );

  it("count the same in every run", async () => {
    expect(await run(timerExperiment)).toEqual(results.get("timer"));
  });

  it("run what needs VHE on a core that has it, and model it for no other", () => {
    const rows = rowsOf(results.get("timer")!);
    const guarded = rows.find(({ name }) => name === "hyplet timer, guarded, idle")!;
    expect(guarded.cpu).toBe("neoverse-n1");
    expect(guarded.modelled.map(({ profile }) => profile)).toEqual(["neoverse-n1"]);
    const classic = rows.find(({ name }) => name === "hyplet timer, classic, idle")!;
    expect(classic.cpu).toBe("cortex-a53");
    expect(classic.modelled.map(({ profile }) => profile)).toEqual(["cortex-a53", "neoverse-n1"]);
  });
});

describe("an interrupt", () => {
  it("reaches a hyplet of generation 1 without the kernel", () => {
    for (const load of ["idle", "busy"]) {
      const counts = typical(interruptExperiment, `hyplet generation 1, classic, ${load}`);
      expect(Object.keys(counts).filter((name) => /EL[01]$/.test(name) && name.startsWith("instruction"))).toEqual([]);
      expect(counts["instruction EL2"]).toBeGreaterThan(0);
    }
  });

  it("reaches a hyplet of generation 2 by the kernel's HVC", () => {
    const counts = typical(interruptExperiment, "hyplet generation 2, classic, idle");
    expect(counts).toMatchObject({ "exception HVC EL1 to EL2": 1 });
    expect(counts["instruction EL1"]).toBeGreaterThan(0);
  });

  it("reaches a guarded hyplet at EL0", () => {
    const counts = typical(interruptExperiment, "hyplet generation 1, guarded, busy");
    expect(counts).toMatchObject({ "exceptionReturn ERET EL2 to EL0": 1 });
    expect(counts["instruction EL0"]).toBeGreaterThan(0);
    expect(counts["instruction EL1"]).toBeUndefined();
  });

  it("interrupts a busy process on its way to the one that waits", () => {
    const counts = typical(interruptExperiment, "process, kernel on the board, busy");
    expect(counts).toMatchObject({ "exceptionReturn ERET EL1 to EL0": 1 });
    expect(counts["registerWrite TTBR0_EL1"]).toBeGreaterThan(0);
  });
});

describe("a call", () => {
  it("by HypRPC doesn't execute the kernel", () => {
    const counts = typical(callExperiment, "HypRPC, classic, no bytes");
    expect(counts).toMatchObject({ "exception BRK EL0 to EL2": 1 });
    expect(counts["instruction EL1"]).toBeUndefined();
  });

  it("by message executes more for more bytes", () => {
    const work = [0, 64, 4096].map(
      (bytes) => typical(callExperiment, `kernel message, ${bytes} bytes`)["instruction EL1"]!,
    );
    expect(work).toEqual([...work].sort((a, b) => a - b));
    expect(new Set(work).size).toBe(3);
  });
});
