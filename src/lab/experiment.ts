import type { MachineOptions } from "../board/machine-options.js";
import type { Note } from "./counters/crossing-counters.js";

/** A figure that others published for what a row does. */
export interface PublishedFigure {
  readonly value: number;
  readonly unit: "cycles" | "ns";
  /** It was published as a bound: less than `value`. */
  readonly below?: true;
  /** What it was measured on. */
  readonly on: string;
  readonly source: string;
  /** The profile whose modelled figure it is compared with; absent: for information only, since the core has no profile. */
  readonly profile?: string;
}

/** One way to do the work that an experiment is about: crossings with one number. */
export interface ExperimentRow {
  readonly crossing: number;
  readonly name: string;
  readonly published?: PublishedFigure;
  /** Crossings that there must have been. */
  readonly rounds: number;
  /** What the guest's note with the crossing's number must say: that the mechanism did its work. */
  readonly served?: bigint;
}

/** A question, and a guest image that answers it. */
export interface Experiment {
  /** For --experiment: one word. */
  readonly name: string;
  readonly question: string;
  /** File names in guest/images. */
  readonly image: string;
  readonly initrd?: string;
  /** The core, when it isn't the one asked for: the image needs what that one has. */
  readonly cpu?: string;
  readonly machine: Pick<MachineOptions, "processors" | "memory" | "virtualization" | "secure" | "commandLine">;
  readonly rows: readonly ExperimentRow[];
  /** Instructions after which it has gone wrong. */
  readonly limit: number;
  /** Further checks of what the guest said: sentences on what is wrong. */
  readonly check?: (notes: readonly Note[], output: string) => readonly string[];
}
