import type { EventKindName } from "../counters/events.js";
import type { TimingProfile } from "../profiles/timing-profile.js";
import { confirmationTolerance, type ModelledRow, type PublishedResult, type RowResult } from "../row-result.js";
import type { ExperimentResult } from "../run-experiment.js";
import type { Distribution } from "../statistics.js";

/** A row's typical counts in the groups that tables show. */
export interface CountSummary {
  /** Instructions at EL0 to EL3. */
  readonly instructions: readonly number[];
  readonly exceptions: number;
  readonly returns: number;
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
    walkReads: total("walkRead"),
    registers: total("registerRead", "registerWrite"),
    barriers: total("barrier"),
    systemInstructions: total("systemInstruction"),
    mmio: total("mmioRead", "mmioWrite"),
    waits: total("wait"),
  };
}

/** "3", or "0..15" for what isn't always the same. */
export function range({ minimum, maximum }: Distribution): string {
  return minimum === maximum ? `${minimum}` : `${minimum}..${maximum}`;
}

export function modelledBy(row: RowResult, profile: TimingProfile): ModelledRow | undefined {
  return row.modelled.find((modelled) => modelled.profile === profile.name);
}

/** How a row's typical time compares with its group's first row's, by one profile: "x0.42". */
export function relative(row: RowResult, first: RowResult, profile: TimingProfile): string {
  const ours = modelledBy(row, profile)?.cycles.median;
  const base = modelledBy(first, profile)?.cycles.median;
  return ours === undefined || base === undefined || base === 0 ? "-" : factor(ours / base);
}

/** "x0.42", with three digits if there is something before the point. */
export function factor(n: number): string {
  return `x${n.toFixed(n < 9.995 ? 2 : n < 99.95 ? 1 : 0)}`;
}

/** A duration with three digits and its unit. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 999.5) return `${Math.round(nanoseconds)} ns`;
  const [value, unit] = nanoseconds < 999_500 ? [nanoseconds / 1000, "us"] : [nanoseconds / 1e6, "ms"];
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
}

export function percent(fraction: number): string {
  return `${fraction < 0 ? "-" : "+"}${Math.abs(fraction * 100).toFixed(0)} %`;
}

/** The rule that "confirmed" follows. */
const confirmationRule = `Confirmed: the modelled figure is within ${confirmationTolerance * 100} % of the published one, or below a published bound.`;

/** What was published, what the model makes of it, and whether that confirms it. */
export function publishedText(published: PublishedResult): string {
  const { value, unit, on, below, confirmed, modelled, of, source, profile } = published;
  const figure = (n: number): string => (unit === "ns" ? duration(n) : `${Math.round(n)} cycles`);
  const verdict =
    modelled === undefined
      ? "another core or system, for comparison only"
      : `${profile} ${of ?? "typical"} ${figure(modelled)}, ${factor(modelled / value)}: ${confirmed ? "confirmed" : "not confirmed"}`;
  return `published: ${below ? "below " : ""}${figure(value)}${of && of !== "mean" ? ` (${of})` : ""}, ${on}; ${verdict} [${source}]`;
}

/** On which machines an experiment's counts were made. */
export function machinesText({ runs }: ExperimentResult): string {
  const machines = new Set(runs.map(({ where, cpu }) => `${where} (${cpu})`));
  return `Counted on ${[...machines].join("; ")}.`;
}

/** What the columns' titles mean, and what the figures are: sentences, by profile. */
export function explanations(profiles: readonly TimingProfile[]): readonly string[] {
  const names = profiles.map(({ name, title }) => `${name}: ${title}`).join("; ");
  return [
    "Counts are exact, those of the crossing with the median number of instructions, and the same in every run. exc: exceptions taken; regs: system registers read and written; barr: barriers; MMIO: accesses to devices; TLB: misses, from the fewest to the most of any crossing, since the first ones meet cold TLBs.",
    `Cycles and times are modelled: counts times the costs of a timing profile (${names}), without cache misses, branch prediction or overlap; --html shows each cost with its source. A dash: that core has no VHE, which the row's code needs; its counts are of a core that has it. docs/lab.md says more.`,
    `vs 1st: times the group's first row. Jitter: from min to max. ${confirmationRule}`,
  ];
}
