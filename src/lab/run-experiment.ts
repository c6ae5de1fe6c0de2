import { Machine } from "../board/machine.js";
import { describeEnd, type MachineEnd } from "../board/machine-options.js";
import { MachineTrace } from "../debug/trace/machine-trace.js";
import { type Crossing, CrossingCounters } from "./counters/crossing-counters.js";
import type { Event } from "./counters/events.js";
import type { Experiment, ExperimentRow, PublishedFigure } from "./experiment.js";
import { cyclesPerEvent, nanosecondsOf, type TimingProfile } from "./profiles/timing-profile.js";
import { type Distribution, distributionOf } from "./statistics.js";

/** How often an event happened in a row's crossings. */
export interface CountedEvent {
  readonly event: Event;
  readonly total: number;
  /** In the crossing that had the median number of instructions. */
  readonly typical: number;
}

/** What a profile makes of a row's counts. Modelled, not measured. */
export interface ModelledRow {
  readonly profile: string;
  readonly cycles: Distribution;
  readonly nanoseconds: Distribution;
}

export interface RowResult {
  readonly name: string;
  readonly crossings: number;
  readonly instructions: Distribution;
  readonly counted: readonly CountedEvent[];
  readonly modelled: readonly ModelledRow[];
  readonly published: (PublishedFigure & { readonly confirmed: boolean | undefined }) | undefined;
}

export interface ExperimentResult {
  readonly name: string;
  readonly question: string;
  readonly cpu: string;
  readonly rows: readonly RowResult[];
  /** Instructions that the machine executed. */
  readonly instructions: number;
  /** What the guest wrote to its console. */
  readonly output: string;
  /** What went wrong, in sentences: a mechanism that didn't do its work. */
  readonly failures: readonly string[];
}

export interface ExperimentEnvironment {
  /** Reads a file of guest/images. */
  readonly readImage: (name: string) => Promise<Uint8Array>;
  readonly profiles: readonly TimingProfile[];
  /** The core of machines whose experiment doesn't need another. */
  readonly cpu: string;
  /** Gets a Perfetto trace of the run. */
  readonly trace?: (bytes: Uint8Array) => void;
  /** Compiles hot code. Counts of TLB misses may then differ, since regions look pages up less often. */
  readonly jit?: boolean;
}

/** A modelled figure confirms a published one when it is at most so much larger or smaller. */
export const confirmationTolerance = 0.25;

/** Runs an experiment on a machine of its own. Throws what Machine.create throws, and what reading its images does. */
export async function runExperiment(
  experiment: Experiment,
  environment: ExperimentEnvironment,
): Promise<ExperimentResult> {
  const counters = new CrossingCounters();
  const trace = environment.trace && new MachineTrace(environment.trace);
  const output: string[] = [];
  const decoder = new TextDecoder();
  const cpu = experiment.cpu ?? environment.cpu;
  const machine = await Machine.create({
    ...experiment.machine,
    cpu,
    kernel: await environment.readImage(experiment.image),
    ...(experiment.initrd === undefined ? {} : { initrd: await environment.readImage(experiment.initrd) }),
    serial: { write: (bytes) => void output.push(decoder.decode(bytes, { stream: true })), onInput() {} },
    semihosting: { write: (bytes) => void output.push(decoder.decode(bytes, { stream: true })) },
    noReboot: true,
    jit: environment.jit ?? false,
    observers: trace ? [counters, trace] : [counters],
  });
  const end = await machine.run({ instructions: experiment.limit });
  trace?.finish();
  const text = output.join("").replaceAll("\r", "");
  const failures = [...endFailures(end), ...counters.mistakes, ...(experiment.check?.(counters.notes, text) ?? [])];
  const rows: RowResult[] = [];
  for (const row of experiment.rows) {
    const crossings = counters.crossings.get(row.crossing) ?? [];
    failures.push(...rowFailures(row, crossings.length, counters));
    if (crossings.length > 0) rows.push(rowResult(row, crossings, counters.events, environment.profiles));
  }
  return {
    name: experiment.name,
    question: experiment.question,
    cpu,
    rows,
    instructions: machine.instructions,
    output: text,
    failures,
  };
}

function endFailures(end: MachineEnd): string[] {
  if (end.kind === "off" || (end.kind === "exit" && end.status === 0)) return [];
  return [`the run ended early: ${describeEnd(end)}`];
}

function rowFailures(row: ExperimentRow, crossings: number, { notes }: CrossingCounters): string[] {
  const failures: string[] = [];
  if (crossings !== row.rounds) failures.push(`${row.name}: ${crossings} crossings instead of ${row.rounds}`);
  if (row.served !== undefined) {
    const note = notes.find(({ key }) => key === row.crossing);
    if (note?.value !== row.served)
      failures.push(`${row.name}: served ${note?.value ?? "nothing"} instead of ${row.served}`);
  }
  return failures;
}

function rowResult(
  row: ExperimentRow,
  crossings: readonly Crossing[],
  events: readonly Event[],
  profiles: readonly TimingProfile[],
): RowResult {
  const isInstruction = events.map(({ kind }) => kind === "instruction");
  const instructions = crossings.map((crossing) => sum(crossing, (position) => (isInstruction[position] ? 1 : 0)));
  const modelled = profiles.map((profile): ModelledRow => {
    const costs = cyclesPerEvent(profile, events);
    const cycles = crossings.map((crossing) => sum(crossing, (position) => costs[position]!));
    return {
      profile: profile.name,
      cycles: distributionOf(cycles),
      nanoseconds: distributionOf(cycles.map((n) => nanosecondsOf(profile, n))),
    };
  });
  const distribution = distributionOf(instructions);
  const typical = crossings[instructions.indexOf(distribution.median)]!;
  // Of those with so many instructions, the last: the first may have had everything to look up.
  const steady = crossings[instructions.lastIndexOf(distribution.median)] ?? typical;
  return {
    name: row.name,
    crossings: crossings.length,
    instructions: distribution,
    counted: countedEvents(crossings, steady, events),
    modelled,
    published: row.published && { ...row.published, confirmed: isConfirmed(row.published, modelled) },
  };
}

function sum({ counts }: Crossing, weight: (position: number) => number): number {
  let total = 0;
  for (const [position, count] of counts) total += count * weight(position);
  return total;
}

function countedEvents(crossings: readonly Crossing[], typical: Crossing, events: readonly Event[]): CountedEvent[] {
  const totals = new Map<number, number>();
  for (const { counts } of crossings)
    for (const [position, count] of counts) totals.set(position, (totals.get(position) ?? 0) + count);
  return [...totals]
    .sort(([a], [b]) => a - b)
    .map(([position, total]) => ({ event: events[position]!, total, typical: typical.counts.get(position) ?? 0 }));
}

function isConfirmed(published: PublishedFigure, modelled: readonly ModelledRow[]): boolean | undefined {
  const ours = modelled.find(({ profile }) => profile === published.profile);
  if (ours === undefined) return undefined;
  const value = published.unit === "cycles" ? ours.cycles.median : ours.nanoseconds.median;
  if (published.below) return value < published.value;
  return Math.abs(value / published.value - 1) <= confirmationTolerance;
}
