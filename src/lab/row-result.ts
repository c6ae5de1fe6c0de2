import type { Crossing } from "./counters/crossing-counters.js";
import type { Event } from "./counters/events.js";
import type { ExperimentRow, PublishedFigure } from "./experiment.js";
import { cyclesPerEvent, nanosecondsOf, type TimingProfile } from "./profiles/timing-profile.js";
import { type Distribution, distributionOf, jitterOf } from "./statistics.js";

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

/** A published figure beside ours. */
export interface PublishedResult extends PublishedFigure {
  /** Ours in the figure's unit; undefined when no profile is of the core that it was measured on. */
  readonly modelled: number | undefined;
  readonly confirmed: boolean | undefined;
}

export interface RowResult {
  readonly name: string;
  readonly run: string;
  /** The core that the counts are of. */
  readonly cpu: string;
  readonly crossings: number;
  readonly instructions: Distribution;
  readonly tlbMisses: Distribution;
  readonly counted: readonly CountedEvent[];
  /** By each profile of a core on which the row's code could run. */
  readonly modelled: readonly ModelledRow[];
  readonly published: PublishedResult | undefined;
}

/** A modelled figure confirms a published one when it is at most so much larger or smaller. */
export const confirmationTolerance = 0.25;

/** What a row's crossings, at least one, come to. `events` are the counters'. */
export function rowResult(
  row: ExperimentRow,
  cpu: string,
  crossings: readonly Crossing[],
  events: readonly Event[],
  profiles: readonly TimingProfile[],
): RowResult {
  const counting = (kind: Event["kind"]): number[] => {
    const ones = events.map((event) => (event.kind === kind ? 1 : 0));
    return crossings.map((crossing) => sum(crossing, (position) => ones[position]!));
  };
  const instructions = counting("instruction");
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
  // Of those with so many instructions, the last: the first may have had everything to look up.
  const typical = crossings[instructions.lastIndexOf(distribution.median)]!;
  return {
    name: row.name,
    run: row.run.name,
    cpu,
    crossings: crossings.length,
    instructions: distribution,
    tlbMisses: distributionOf(counting("tlbMiss")),
    counted: countedEvents(crossings, typical, events),
    modelled,
    published: row.published && publishedResult(row.published, modelled),
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

function publishedResult(figure: PublishedFigure, modelled: readonly ModelledRow[]): PublishedResult {
  const ours = modelled.find(({ profile }) => profile === figure.profile);
  if (ours === undefined) return { ...figure, modelled: undefined, confirmed: undefined };
  const distribution = figure.unit === "cycles" ? ours.cycles : ours.nanoseconds;
  const value = figure.of === "jitter" ? jitterOf(distribution) : distribution[figure.of ?? "median"];
  const close = Math.abs(value / figure.value - 1) <= confirmationTolerance;
  return { ...figure, modelled: value, confirmed: figure.below ? value < figure.value : close };
}
