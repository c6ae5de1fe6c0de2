import type { MachineObserver, ObservedMachine } from "../board/observers.js";
import { wordOf } from "../cpu/register-words.js";
import { EventType, type PerfettoWriter } from "../debug/trace/perfetto-writer.js";
import type { CrossingListener } from "./counters/crossing-listener.js";
import type { ExperimentRun } from "./experiment.js";

/** Threads of a guest program, by what they have in TPIDR_EL0, in the order that they are shown in. */
export type TimelineThreads = readonly { readonly id: number; readonly name: string }[];

/** A stretch of a run that is shown as a timeline: the first crossing with a number. */
export interface TimelineStretch {
  readonly run: ExperimentRun;
  readonly title: string;
  readonly crossing: number;
  /** The number of the crossing in it that it is about. */
  readonly about: number;
}

/** What a thread does with the critical section. `preempted`: it is in there, and another one runs. */
export type ThreadState = "runs" | "section" | "preempted" | "waits";

export interface Span {
  /** Nanoseconds of machine time since the timeline's start. */
  readonly from: number;
  readonly to: number;
  readonly state: ThreadState;
}

export interface Timeline {
  readonly title: string;
  /** Machine time. */
  readonly nanoseconds: number;
  /** The crossing that it is about: where it begins and ends. */
  readonly about: { readonly from: number; readonly to: number } | undefined;
  readonly threads: readonly { readonly name: string; readonly spans: readonly Span[] }[];
}

/** In the low byte of a note whose number is a timeline's crossing; the thread's TPIDR_EL0 is above (guest/experiments/latency/inversion.c). */
const Mark = { wants: 0, enters: 1, leaves: 2 } as const;
const markNames = ["wants in", "enters", "leaves"] as const;

/** ESR_ELx.EC of BRK: a HypRPC, in which its caller goes on. */
const brk = 0x3c;
const tpidr = wordOf("TPIDR_EL0");

interface Recording {
  readonly stretch: TimelineStretch;
  readonly start: number;
  end: number | undefined;
  /** The crossing that it is about. */
  from: number | undefined;
  to: number | undefined;
  /** Which thread runs from a time on; undefined: none of ours. */
  readonly runs: { readonly time: number; readonly thread: number | undefined }[];
  readonly marks: { readonly time: number; readonly thread: number; readonly mark: number }[];
}

/** Records who runs at EL0 of a machine's PE 0, seen from exceptions and returns, and what notes say of critical sections. */
export class TimelineRecorder implements MachineObserver, CrossingListener {
  readonly #threads: TimelineThreads;
  readonly #stretches: readonly TimelineStretch[];
  readonly #recordings: Recording[] = [];
  readonly #tracks: Map<number, number> | undefined;
  readonly #writer: PerfettoWriter | undefined;
  #machine: ObservedMachine | undefined;
  #running: number | undefined;

  readonly processors: NonNullable<MachineObserver["processors"]> = {
    exceptionTaken: (pe, _, esr, vector) => {
      const isCall = ((vector >> 7) & 3) === 0 && esr >>> 26 === brk;
      if (pe.index === 0 && pe.el === 0 && !isCall) this.#run(undefined);
    },
    exceptionReturned: (pe) => {
      if (pe.index !== 0 || pe.el !== 0) return;
      const id = pe.register(tpidr);
      this.#run(this.#threads.some((thread) => thread.id === id) ? id : undefined);
    },
  };

  /** `writer`: where the threads are to be shown as tracks of a trace, too. */
  constructor(threads: TimelineThreads, stretches: readonly TimelineStretch[], writer?: PerfettoWriter) {
    this.#threads = threads;
    this.#stretches = stretches;
    this.#writer = writer;
    if (writer) {
      const group = writer.group("threads");
      this.#tracks = new Map(threads.map(({ id, name }) => [id, writer.track(name, group)]));
    }
  }

  attach(machine: ObservedMachine): void {
    this.#machine = machine;
  }

  begun(crossing: number, time: number): void {
    for (const recording of this.#recordings)
      if (recording.stretch.about === crossing && recording.end === undefined) recording.from = time;
    const stretch = this.#stretches.find((each) => each.crossing === crossing);
    if (stretch === undefined || this.#recordings.some((recording) => recording.stretch === stretch)) return;
    const runs = [{ time, thread: this.#running }];
    this.#recordings.push({ stretch, start: time, end: undefined, from: undefined, to: undefined, runs, marks: [] });
  }

  ended(crossing: number, time: number): void {
    for (const recording of this.#recordings)
      if (recording.stretch.about === crossing && recording.end === undefined) recording.to = time;
    const recording = this.#open(crossing);
    if (recording) recording.end = time;
  }

  noted(key: number, value: bigint, time: number): void {
    const thread = Number(value >> 8n);
    const mark = Number(value & 0xffn);
    const track = this.#stretches.some(({ crossing }) => crossing === key) ? this.#tracks?.get(thread) : undefined;
    if (track !== undefined) this.#writer!.event(time, track, EventType.instant, markNames[mark] ?? `mark ${mark}`);
    this.#open(key)?.marks.push({ time, thread, mark });
  }

  /** Ends what is open in the trace; before its own end. */
  finish(): void {
    this.#run(undefined);
  }

  /** The stretches that came to their ends. */
  get timelines(): readonly Timeline[] {
    return this.#recordings.flatMap((recording) =>
      recording.end === undefined ? [] : timelineOf({ ...recording, end: recording.end }, this.#threads),
    );
  }

  #open(crossing: number): Recording | undefined {
    return this.#recordings.find(({ stretch, end }) => stretch.crossing === crossing && end === undefined);
  }

  #run(thread: number | undefined): void {
    if (thread === this.#running) return;
    const time = this.#machine?.now() ?? 0;
    if (this.#running !== undefined) this.#writer?.event(time, this.#tracks!.get(this.#running)!, EventType.end);
    if (thread !== undefined) this.#writer?.event(time, this.#tracks!.get(thread)!, EventType.begin, "runs");
    this.#running = thread;
    for (const recording of this.#recordings) if (recording.end === undefined) recording.runs.push({ time, thread });
  }
}

function timelineOf(recording: Recording & { readonly end: number }, threads: TimelineThreads): Timeline {
  const { stretch, start, end, from, to, runs, marks } = recording;
  const times = [...new Set([...runs, ...marks].map(({ time }) => time).concat(end))].sort((a, b) => a - b);
  const spansOf = (id: number): Span[] => {
    const spans: Span[] = [];
    let running = false;
    let mark: number = Mark.leaves;
    for (const [n, time] of times.entries()) {
      const until = times[n + 1];
      if (until === undefined) break;
      for (const run of runs) if (run.time === time) running = run.thread === id;
      for (const each of marks) if (each.time === time && each.thread === id) mark = each.mark;
      const state = stateOf(running, mark);
      const before = spans.at(-1);
      if (state === undefined) continue;
      if (before?.state === state && before.to === time - start)
        spans[spans.length - 1] = { ...before, to: until - start };
      else spans.push({ from: time - start, to: until - start, state });
    }
    return spans;
  };
  return {
    title: stretch.title,
    nanoseconds: end - start,
    about: from === undefined || to === undefined ? undefined : { from: from - start, to: to - start },
    threads: threads.map(({ id, name }) => ({ name, spans: spansOf(id) })),
  };
}

function stateOf(running: boolean, mark: number): ThreadState | undefined {
  if (mark === Mark.enters) return running ? "section" : "preempted";
  if (running) return "runs";
  return mark === Mark.wants ? "waits" : undefined;
}
