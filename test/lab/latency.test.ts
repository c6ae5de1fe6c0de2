/** What the guest kernel, its programs and the nanovisor do between a device's wire, a timer or a call, and user code. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Experiment } from "../../src/lab/experiment.js";
import { callExperiment } from "../../src/lab/experiments/calls.js";
import { interruptExperiment } from "../../src/lab/experiments/interrupts.js";
import { inversionExperiment } from "../../src/lab/experiments/inversion.js";
import { timerExperiment } from "../../src/lab/experiments/timers.js";
import { profiles } from "../../src/lab/profiles/index.js";
import type { RowResult } from "../../src/lab/row-result.js";
import { type ExperimentResult, rowsOf, runExperiment } from "../../src/lab/run-experiment.js";
import type { Timeline } from "../../src/lab/timeline.js";
import { modelledTimes, readmeTimes } from "../support/readme-times.js";

const readImage = async (name: string): Promise<Uint8Array> => readFileSync(`guest/images/${name}`);
const run = (experiment: Experiment): Promise<ExperimentResult> =>
  runExperiment(experiment, { readImage, profiles, cpu: "cortex-a53" });

const all = [interruptExperiment, timerExperiment, callExperiment, inversionExperiment];
const results = new Map<string, ExperimentResult>();

const rowNamed = ({ name: experiment }: Experiment, name: string): RowResult =>
  rowsOf(results.get(experiment)!).find((each) => each.name === name)!;

/** Counts of the typical crossing of a row, as "kind name": count. */
function typical(experiment: Experiment, name: string): Record<string, number> {
  return Object.fromEntries(
    rowNamed(experiment, name)
      .counted.filter((each) => each.typical > 0)
      .map((each) => [`${each.event.kind} ${each.event.name}`, each.typical]),
  );
}

beforeAll(async () => {
  for (const experiment of all) results.set(experiment.name, await run(experiment));
}, 400_000);

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
    expect(await run(inversionExperiment)).toEqual(results.get("inversion"));
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

describe("interrupts of a busy system", () => {
  it("come at varying points: of computations and of system calls", () => {
    const { instructions } = rowNamed(interruptExperiment, "process, kernel on the board, busy");
    expect(instructions.mean).toBeGreaterThan(1.5 * instructions.minimum);
    expect(instructions.maximum).toBeGreaterThan(5 * instructions.minimum);
  });

  it("reach a hyplet of generation 1 through the kernel's masks, and one of generation 2 not", () => {
    const longest = (name: string): number => rowNamed(interruptExperiment, name).instructions.maximum;
    const handler = longest("process, kernel on the board, busy");
    expect(longest("hyplet generation 1, classic, busy")).toBeLessThan(handler / 4);
    expect(longest("hyplet generation 2, classic, busy")).toBeGreaterThan(handler / 2);
  });

  it("of an idle one all take the same way, once its first ones have filled the TLBs", () => {
    for (const { name, instructions } of rowsOf(results.get("interrupt")!))
      if (name.endsWith(", idle")) expect([name, instructions.p99]).toEqual([name, instructions.minimum]);
  });
});

describe("an offlet", () => {
  it("takes no exception, and doesn't mind what the kernel's PE does", () => {
    // Where its loop is when the time comes decides whether it still passes the ISB; nothing but the loop is ever there.
    const only = (name: string, level: "EL0" | "EL2"): void => {
      const counts = Object.keys(typical(timerExperiment, name));
      expect(counts).toContain(`instruction ${level}`);
      expect(counts).toContain("registerRead CNTVCT_EL0");
      expect(["barrier ISB", `instruction ${level}`, "registerRead CNTVCT_EL0"]).toEqual(
        expect.arrayContaining(counts),
      );
    };
    for (const load of ["idle", "busy"]) {
      only(`offlet, classic, ${load}`, "EL2");
      only(`offlet, guarded, ${load}`, "EL0");
    }
  });
});

describe("priority inversion", () => {
  it("makes the high thread wait for the middle one's work behind a lock, and not with a HypRPC", () => {
    const [lock, classic, guarded] = results.get("inversion")!.timelines;
    const middle = (timeline: Timeline) => timeline.threads.find(({ name }) => name === "middle")!.spans;
    const high = (timeline: Timeline) =>
      timeline.threads.find(({ name }) => name === "high")!.spans.find(({ state }) => state === "section")!;
    const worked = middle(lock!).reduce((sum, { from, to }) => sum + to - from, 0);
    expect(worked).toBeGreaterThan(1_000_000);
    expect(lock!.about!.to - lock!.about!.from).toBeGreaterThan(worked);
    expect(high(lock!).from).toBeGreaterThan(middle(lock!).at(-1)!.to);
    for (const timeline of [classic!, guarded!]) {
      expect(timeline.about!.to - timeline.about!.from).toBeLessThan(100_000);
      expect(high(timeline).to).toBeLessThan(middle(timeline)[0]!.from);
    }
  });

  it("shows the low thread preempted in the section behind a lock; in a hyplet, at most while EL2 takes the interrupt", () => {
    const preempted = results.get("inversion")!.timelines.map(({ threads }) => {
      const { spans } = threads.find(({ name }) => name === "low")!;
      return spans.reduce((sum, { state, from, to }) => sum + (state === "preempted" ? to - from : 0), 0);
    });
    expect(preempted[0]).toBeGreaterThan(1_000_000);
    expect(preempted[1]).toBe(0);
    expect(preempted[2]).toBeLessThan(5_000);
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

describe("README.md", () => {
  const near = (times: readonly number[], ours: readonly number[]): void => {
    expect(times).toHaveLength(ours.length);
    for (const [n, time] of times.entries()) expect(Math.abs(time / ours[n]! - 1)).toBeLessThan(0.15);
  };

  it.each([
    ["process, kernel on the board"],
    ["process, under the nanovisor"],
    ["hyplet generation 1, classic"],
    ["hyplet generation 2, classic"],
  ])("has about the times that %s takes", (name) => {
    const idle = modelledTimes(rowNamed(interruptExperiment, `${name}, idle`));
    const busy = modelledTimes(rowNamed(interruptExperiment, `${name}, busy`));
    near(readmeTimes(name), [idle.median, busy.median, busy.p99, busy.maximum]);
  });

  it.each([
    ["semaphores, there and back"],
    ["kernel message, 0 bytes"],
    ["HypRPC, classic, no bytes"],
    ["kernel message, 4096 bytes"],
    ["HypRPC, classic, 512 calls"],
  ])("has about the time that %s takes", (name) => {
    near(readmeTimes(name), [modelledTimes(rowNamed(callExperiment, name)).median]);
  });
});
