/** The traces of experiments: crossings and threads beside what the machine does. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Experiment } from "../../src/lab/experiment.js";
import { inversionExperiment } from "../../src/lab/experiments/inversion.js";
import { profiles } from "../../src/lab/profiles/index.js";
import { runExperiment } from "../../src/lab/run-experiment.js";
import { readTrace, type TraceEvent } from "../debug/trace-reader.js";

async function traceOf(experiment: Experiment): Promise<readonly TraceEvent[]> {
  const chunks: Uint8Array[] = [];
  const [run] = experiment.runs;
  const groups = experiment.groups.map((group) => ({ ...group, rows: group.rows.filter((row) => row.run === run) }));
  await runExperiment(
    { ...experiment, runs: [run!], groups },
    {
      readImage: async (name) => readFileSync(`guest/images/${name}`),
      profiles,
      cpu: "cortex-a53",
      trace: () => (bytes) => void chunks.push(bytes.slice()),
    },
  );
  return readTrace(Buffer.concat(chunks)).events;
}

function expectInOrder(events: readonly TraceEvent[]): void {
  const open = new Map<string, number>();
  for (const [n, { time, type, track }] of events.entries()) {
    expect(time).toBeGreaterThanOrEqual(events[n - 1]?.time ?? 0);
    if (type === 1) open.set(track, (open.get(track) ?? 0) + 1);
    if (type === 2) open.set(track, (open.get(track) ?? 0) - 1);
  }
  expect([...open].filter(([, count]) => count !== 0)).toEqual([]);
}

it("shows crossings under their rows' names, and the threads with what they want", async () => {
  const events = await traceOf(inversionExperiment);
  expectInOrder(events);
  const on = (track: string): readonly TraceEvent[] => events.filter((event) => event.track === track);
  const begins = (track: string): number => on(track).filter(({ type }) => type === 1).length;
  expect(begins("crossings / section behind a lock")).toBe(20);
  expect(begins("crossings / section as HypRPC, classic")).toBe(20);
  for (const thread of ["high", "middle", "low"]) expect(begins(`threads / ${thread}`)).toBeGreaterThanOrEqual(40);
  const high = on("threads / high").filter(({ type }) => type === 3);
  expect(high.slice(0, 3).map(({ name }) => name)).toEqual(["wants in", "enters", "leaves"]);
  expect(high).toHaveLength(120);
}, 60_000);

it("ends what is under way when the machine ends", async () => {
  const [run] = inversionExperiment.runs;
  const short = { ...run!, limit: 3_000_000 };
  const groups = inversionExperiment.groups.map((group) => ({
    ...group,
    rows: group.rows.map((row) => (row.run === run ? { ...row, run: short } : row)),
  }));
  const stretches = inversionExperiment.timelines!.stretches.map((stretch) => ({ ...stretch, run: short }));
  const timelines = { ...inversionExperiment.timelines!, stretches };
  expectInOrder(await traceOf({ ...inversionExperiment, runs: [short], groups, timelines }));
}, 60_000);
