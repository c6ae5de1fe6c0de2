import type { MachineOptions } from "../board/machine-options.js";
import type { Note } from "./counters/crossing-counters.js";
import type { TimelineStretch, TimelineThreads } from "./timeline.js";

/** A figure that others published for what a row does. */
export interface PublishedFigure {
  readonly value: number;
  readonly unit: "cycles" | "ns";
  /** It was published as a bound: less than `value`. */
  readonly below?: true;
  /** What of our distribution it is compared with; the median when absent. */
  readonly of?: "mean" | "maximum" | "jitter";
  /** What it was measured on. */
  readonly on: string;
  readonly source: string;
  /** The profile whose modelled figure it is compared with; absent: for information only, since the core has no profile. */
  readonly profile?: string;
}

/** A guest image on a machine of its own. One run answers several rows. */
export interface ExperimentRun {
  /** One word, unlike any other run's: names of traces begin with it. */
  readonly name: string;
  /** Where the guest code runs: "the kernel under the nanovisor". */
  readonly where: string;
  /** File names in guest/images. */
  readonly image: string;
  readonly initrd?: string;
  /** A feature that the image needs, as the system register tables spell it. The core asked for is another one when it lacks it. */
  readonly needs?: string;
  readonly machine: Pick<MachineOptions, "processors" | "memory" | "virtualization" | "secure" | "commandLine">;
  /** Instructions after which it has gone wrong. */
  readonly limit: number;
  /** Further checks of what the guest said: sentences on what is wrong. */
  readonly check?: (notes: readonly Note[], output: string) => readonly string[];
}

/** One way to do the work that an experiment is about: crossings with one number in one run. */
export interface ExperimentRow {
  readonly run: ExperimentRun;
  readonly crossing: number;
  readonly name: string;
  readonly published?: PublishedFigure;
  /** Crossings that there must have been. */
  readonly rounds: number;
  /** What the guest's note with the crossing's number must say: that the mechanism did its work. */
  readonly served?: bigint;
}

/** Rows that belong together under a heading; empty for none. */
export interface RowGroup {
  readonly title: string;
  readonly rows: readonly ExperimentRow[];
}

/** A question, and the ways to do the work that it asks about: one table. */
export interface Experiment {
  /** For --experiment: one word. */
  readonly name: string;
  readonly question: string;
  /** What a crossing begins and ends with, and whatever else one has to know to read the table: sentences. */
  readonly about: string;
  readonly runs: readonly ExperimentRun[];
  /** The first row of each is what its others are compared with. */
  readonly groups: readonly RowGroup[];
  /** Crossings meet the system in many states, so that their distribution is of interest. */
  readonly varies?: true;
  /** Who runs when, shown for a stretch of some runs. */
  readonly timelines?: { readonly threads: TimelineThreads; readonly stretches: readonly TimelineStretch[] };
}
