import type { Engine, EngineName } from "../engines.js";
import { commandFor } from "../engines.js";
import { type Measurement, measure } from "../process.js";
import type { Row, SuiteResult } from "../report.js";
import { median } from "../statistics.js";

export interface Context {
  readonly engines: readonly Engine[];
  /** How often everything is measured. */
  readonly repetitions: number;
  /** Only the kernels named, when not empty. */
  readonly only: readonly string[];
  readonly say: (line: string) => void;
}

export type Suite = (context: Context) => Promise<SuiteResult>;

/** No single run takes longer: what does is broken. Seconds. */
const LIMIT = 180;

/** Runs an engine with options after the machine's; a failed run is described in `failures`. */
export async function runEngine(
  engine: Engine,
  options: readonly string[],
  failures: string[],
  marks: readonly string[] = [],
): Promise<Measurement> {
  const result = await measure(commandFor(engine, options), { limit: LIMIT, marks });
  if (result.status !== 0) {
    const last = result.errors.trim().split("\n").at(-1) ?? "";
    failures.push(`${engine.name} ${options.join(" ")}: status ${result.status}${last && `: ${last}`}`);
  }
  return result;
}

/** Samples by engine, in the order that they come in. */
export class Samples {
  readonly #byEngine: Partial<Record<EngineName, number[]>> = {};

  add(engine: Engine, value: number): void {
    (this.#byEngine[engine.name] ??= []).push(value);
  }

  row(name: string, unit: Row["unit"], goal?: Row["goal"]): Row {
    const entries = Object.entries(this.#byEngine);
    const values = Object.fromEntries(entries.map(([engine, samples]) => [engine, median(samples)]));
    return { name, unit, values, samples: this.#byEngine, ...(goal && { goal }) };
  }
}
