import type { Event } from "../counters/events.js";

/**
 * Where a number comes from. `published`: somebody measured it on this core, or its maker says so. `other core`: measured on
 * another one. `assumed`: nobody was found who says; `source` tells what it is modelled on.
 */
export type Evidence = "published" | "other core" | "assumed";

/** What events of a kind cost on a core. */
export interface Cost {
  /** Events that it is for; of several that match, the first in the profile counts. */
  readonly applies: (event: Event) => boolean;
  readonly what: string;
  readonly cycles: number;
  readonly evidence: Evidence;
  readonly source: string;
}

/** A row of an experiment, by its names. */
export interface RowReference {
  readonly experiment: string;
  readonly row: string;
}

/** A measurement that others published and that the costs weren't taken from. */
export interface PublishedMeasurement {
  readonly what: string;
  readonly cycles: number;
  readonly source: string;
  /** What does the same work; less what doesn't belong to it. */
  readonly row: RowReference;
  readonly less?: RowReference;
}

/** A named core's costs: what turns counts into cycles. Costs are added up: no overlap, no cache misses beyond those of walks. */
export interface TimingProfile {
  /** The core's name, as -cpu has it. */
  readonly name: string;
  readonly title: string;
  readonly megahertz: number;
  readonly costs: readonly Cost[];
  readonly validation: readonly PublishedMeasurement[];
}

/** The cost of an event; undefined when the profile has none. */
export function costOf(profile: TimingProfile, event: Event): Cost | undefined {
  return profile.costs.find(({ applies }) => applies(event));
}

/** Cycles of one event of each kind, in the order of `events`. Throws for a kind that the profile says nothing of. */
export function cyclesPerEvent(profile: TimingProfile, events: readonly Event[]): number[] {
  return events.map((event) => {
    const cost = costOf(profile, event);
    if (cost === undefined) throw new Error(`profile ${profile.name} has no cost for ${event.kind} ${event.name}`);
    return cost.cycles;
  });
}

export function nanosecondsOf(profile: TimingProfile, cycles: number): number {
  return (cycles * 1000) / profile.megahertz;
}
