import type { EventKindName } from "../counters/events.js";
import type { RowResult } from "../run-experiment.js";
import type { Distribution } from "../statistics.js";

/** A row's typical counts in the groups that tables show. */
export interface CountSummary {
  /** Instructions at EL0 to EL3. */
  readonly instructions: readonly number[];
  readonly exceptions: number;
  readonly returns: number;
  readonly tlbMisses: number;
  readonly walkReads: number;
  readonly registers: number;
  readonly barriers: number;
  readonly systemInstructions: number;
  readonly mmio: number;
  readonly waits: number;
}

/** Sums up the counts of the typical crossing. */
export function summarize(row: RowResult): CountSummary {
  const total = (...kinds: EventKindName[]): number =>
    row.counted.reduce((sum, { event, typical }) => sum + (kinds.includes(event.kind) ? typical : 0), 0);
  const at = (level: number): number =>
    row.counted.find(({ event }) => event.kind === "instruction" && event.from === level)?.typical ?? 0;
  return {
    instructions: [0, 1, 2, 3].map(at),
    exceptions: total("exception"),
    returns: total("exceptionReturn"),
    tlbMisses: total("tlbMiss"),
    walkReads: total("walkRead"),
    registers: total("registerRead", "registerWrite"),
    barriers: total("barrier"),
    systemInstructions: total("systemInstruction"),
    mmio: total("mmioRead", "mmioWrite"),
    waits: total("wait"),
  };
}

/** A duration with three digits and its unit. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toFixed(2)} us`;
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}

/** Smallest, mean, 99th percentile and largest of durations in nanoseconds. */
export function distribution({ minimum, mean, p99, maximum }: Distribution): string {
  return [minimum, mean, p99, maximum].map(duration).join(", ");
}

export function percent(fraction: number): string {
  return `${fraction < 0 ? "-" : "+"}${Math.abs(fraction * 100).toFixed(0)} %`;
}

/** What a row's published figure says, and whether the model confirms it. */
export function publishedText({ published }: RowResult): string {
  if (published === undefined) return "";
  const { value, unit, on, below, confirmed } = published;
  const figure = `${below ? "below " : ""}${unit === "ns" ? duration(value) : `${value} cycles`}`;
  const verdict = confirmed === undefined ? "" : confirmed ? ", confirmed" : ", not confirmed";
  return `${figure}, ${on}${verdict}`;
}
