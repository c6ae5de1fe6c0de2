import { Machine } from "../board/machine.js";
import { describeEnd, type MachineEnd } from "../board/machine-options.js";
import { cores } from "../cpu/cores/cores.js";
import { MachineTrace } from "../debug/trace/machine-trace.js";
import { CrossingCounters } from "./counters/crossing-counters.js";
import { CrossingTracks } from "./counters/crossing-tracks.js";
import type { Experiment, ExperimentRow, ExperimentRun } from "./experiment.js";
import type { TimingProfile } from "./profiles/timing-profile.js";
import { type RowResult, rowResult } from "./row-result.js";
import { type Timeline, TimelineRecorder } from "./timeline.js";

export interface GroupResult {
  readonly title: string;
  readonly rows: readonly RowResult[];
}

/** What a run of an image did. */
export interface RunResult {
  readonly name: string;
  readonly where: string;
  readonly cpu: string;
  /** Instructions that the machine executed. */
  readonly instructions: number;
  /** What the guest wrote to its console. */
  readonly output: string;
}

export interface ExperimentResult {
  readonly name: string;
  readonly question: string;
  readonly about: string;
  readonly varies: boolean;
  readonly groups: readonly GroupResult[];
  readonly timelines: readonly Timeline[];
  readonly runs: readonly RunResult[];
  /** What went wrong, in sentences: a mechanism that didn't do its work. */
  readonly failures: readonly string[];
}

export interface ExperimentEnvironment {
  /** Reads a file of guest/images. */
  readonly readImage: (name: string) => Promise<Uint8Array>;
  readonly profiles: readonly TimingProfile[];
  /** The core of machines whose image doesn't need another. */
  readonly cpu: string;
  /** A run begins. */
  readonly begins?: (run: ExperimentRun) => void;
  /** Where a run's Perfetto trace goes to: called before it, and the result as the trace is made. */
  readonly trace?: (run: ExperimentRun) => (bytes: Uint8Array) => void;
  /** Compiles hot code. Counts of TLB misses may then differ, since regions look pages up less often. */
  readonly jit?: boolean;
}

/** All rows of an experiment, whatever their groups. */
export function rowsOf({ groups }: ExperimentResult): readonly RowResult[] {
  return groups.flatMap(({ rows }) => rows);
}

/** The core that a run has when `cpu` is asked for: the first that has what the image needs, if that one hasn't. */
export function coreOf({ needs }: ExperimentRun, cpu: string): string {
  if (needs === undefined || cores.get(cpu)?.features.has(needs)) return cpu;
  for (const [name, { features }] of cores) if (features.has(needs)) return name;
  throw new Error(`no core has ${needs}`);
}

/** Runs an experiment, each run on a machine of its own. Throws what Machine.create throws, and what reading its images does. */
export async function runExperiment(
  experiment: Experiment,
  environment: ExperimentEnvironment,
): Promise<ExperimentResult> {
  const runs: RunResult[] = [];
  const timelines: Timeline[] = [];
  const failures: string[] = [];
  const results = new Map<ExperimentRow, RowResult>();
  const rows = experiment.groups.flatMap((group) => group.rows);
  for (const run of experiment.runs) {
    environment.begins?.(run);
    const own = rows.filter((row) => row.run === run);
    const { result, counters, recorder, problems } = await execute(experiment, run, own, environment);
    runs.push(result);
    timelines.push(...(recorder?.timelines ?? []));
    failures.push(...problems.map((text) => (experiment.runs.length > 1 ? `${run.name}: ${text}` : text)));
    const profiles = environment.profiles.filter(({ name }) => coreOf(run, name) === name);
    for (const row of own) {
      const crossings = counters.crossings.get(row.crossing) ?? [];
      failures.push(...rowFailures(row, crossings.length, counters));
      if (crossings.length > 0) results.set(row, rowResult(row, result.cpu, crossings, counters.events, profiles));
    }
  }
  const groups = experiment.groups.map((group) => ({
    title: group.title,
    rows: group.rows.flatMap((row) => results.get(row) ?? []),
  }));
  const { name, question, about, varies = false } = experiment;
  return { name, question, about, varies, groups, timelines, runs, failures };
}

interface Execution {
  readonly result: RunResult;
  readonly counters: CrossingCounters;
  readonly recorder: TimelineRecorder | undefined;
  readonly problems: readonly string[];
}

async function execute(
  experiment: Experiment,
  run: ExperimentRun,
  rows: readonly ExperimentRow[],
  environment: ExperimentEnvironment,
): Promise<Execution> {
  const names = new Map(rows.map(({ crossing, name }) => [crossing, name]));
  const trace = environment.trace && new MachineTrace(environment.trace(run));
  const recorder = recorderOf(experiment, run, trace);
  const tracks = trace && new CrossingTracks(trace.writer, names);
  const counters = new CrossingCounters(...(tracks ? [tracks] : []), ...(recorder ? [recorder] : []));
  const output: string[] = [];
  const decoder = new TextDecoder();
  const cpu = coreOf(run, environment.cpu);
  const machine = await Machine.create({
    ...run.machine,
    cpu,
    kernel: await environment.readImage(run.image),
    ...(run.initrd === undefined ? {} : { initrd: await environment.readImage(run.initrd) }),
    serial: { write: (bytes) => void output.push(decoder.decode(bytes, { stream: true })), onInput() {} },
    semihosting: { write: (bytes) => void output.push(decoder.decode(bytes, { stream: true })) },
    noReboot: true,
    jit: environment.jit ?? false,
    observers: [counters, ...(recorder ? [recorder] : []), ...(trace ? [trace] : [])],
  });
  const end = await machine.run({ instructions: run.limit });
  tracks?.finish(machine.nanoseconds);
  recorder?.finish();
  trace?.finish();
  const text = output.join("").replaceAll("\r", "");
  const problems = [...endFailures(end), ...counters.mistakes, ...(run.check?.(counters.notes, text) ?? [])];
  const { name, where } = run;
  return {
    result: { name, where, cpu, instructions: machine.instructions, output: text },
    counters,
    recorder,
    problems,
  };
}

function recorderOf(
  { timelines }: Experiment,
  run: ExperimentRun,
  trace: MachineTrace | undefined,
): TimelineRecorder | undefined {
  const stretches = timelines?.stretches.filter((stretch) => stretch.run === run) ?? [];
  return stretches.length === 0 ? undefined : new TimelineRecorder(timelines!.threads, stretches, trace?.writer);
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
