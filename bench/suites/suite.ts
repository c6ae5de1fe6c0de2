import type { Column, Engine } from "../engines.js";
import { commandFor, rootDirectory } from "../engines.js";
import { type Measurement, measure } from "../process.js";
import type { Columns, Row, SuiteResult } from "../report.js";
import { median } from "../statistics.js";

export interface Context {
  readonly engines: readonly Engine[];
  /** How often everything is measured. */
  readonly repetitions: number;
  /** Only the kernels named, when not empty. */
  readonly only: readonly string[];
  /** Whether Trapeze is measured with code that it compiled ahead in earlier runs. */
  readonly library: boolean;
  /** Added to Chromium's command line. */
  readonly browserFlags: readonly string[];
  readonly say: (line: string) => void;
}

export type Suite = (context: Context) => Promise<SuiteResult>;

/** Runs that teach Trapeze what to compile ahead, at most: they end when nothing new comes up. */
const LESSONS = 6;

/**
 * Lets Trapeze compile ahead what `run` executes, as it does for whoever runs the same software again. Without effect on other
 * engines.
 */
export async function learn({ name }: Engine, { library, say }: Context, run: () => Promise<unknown>): Promise<void> {
  if (name !== "trapeze" || !library) return;
  for (let lesson = 1, before = await codeLibrary(); lesson <= LESSONS; lesson++) {
    say(`run ${lesson} for the code library`);
    await run();
    await codeLibrary("build");
    const after = await codeLibrary();
    if (after === before) return;
    before = after;
  }
}

async function codeLibrary(...words: string[]): Promise<string> {
  const command = [process.execPath, `${rootDirectory}bin/trapeze.js`, "code-library", ...words] as const;
  const { output, status, errors } = await measure([...command], { limit: LIMIT });
  if (status !== 0) throw new Error(`trapeze code-library: ${errors.trim()}`);
  return output;
}

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

/** Samples by column, in the order that they come in. */
export class Samples {
  readonly #byColumn: Partial<Record<Column, number[]>> = {};

  constructor(private readonly columns?: Columns) {}

  add({ name }: { readonly name: Column }, value: number): void {
    (this.#byColumn[name] ??= []).push(value);
  }

  row(name: string, unit: Row["unit"], goal?: Row["goal"]): Row {
    const entries = Object.entries(this.#byColumn);
    const values = Object.fromEntries(entries.map(([column, samples]) => [column, median(samples)]));
    const { columns } = this;
    return { name, unit, values, samples: this.#byColumn, ...(columns && { columns }), ...(goal && { goal }) };
  }
}
