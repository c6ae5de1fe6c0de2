import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import type { Column } from "./engines.js";
import { rootDirectory } from "./engines.js";

/** One measured thing: a value for each engine, in the unit given, with all samples. */
export interface Row {
  readonly name: string;
  readonly unit: "s" | "ns" | "MIPS" | "MiB" | "times";
  /** Medians. */
  readonly values: Readonly<Partial<Record<Column, number>>>;
  readonly samples: Readonly<Partial<Record<Column, readonly number[]>>>;
  /** What is compared: the ratio is the second one's value over the first one's. QEMU and Trapeze when absent. */
  readonly columns?: Columns;
  /** What the project wants: of the ratio, or of our own value. */
  readonly goal?: { readonly of: "ratio" | "trapeze"; readonly atMost?: number; readonly atLeast?: number };
}

export type Columns = readonly [against: Column, measured: Column];

const defaultColumns: Columns = ["qemu", "trapeze"];
const titles: Readonly<Record<Column, string>> = { qemu: "QEMU", trapeze: "Trapeze", chromium: "in Chromium" };

export interface SuiteResult {
  readonly suite: string;
  readonly rows: readonly Row[];
  /** Geometric mean of the ratios, where it makes sense, and its goal. */
  readonly geomean?: { readonly ratio: number; readonly atMost: number };
  /** What went wrong: wrong checksums, failed runs. */
  readonly failures: readonly string[];
}

/** Ours over what it is compared with; undefined unless both were measured. */
export function ratio(row: Row): number | undefined {
  const [against, measured] = valuesOf(row);
  return against === undefined || measured === undefined ? undefined : measured / against;
}

function valuesOf({ values, columns = defaultColumns }: Row): (number | undefined)[] {
  return columns.map((column) => values[column]);
}

/** true and false: the goal is met, or missed; undefined: there is none, or nothing to compare with it. */
export function meetsGoal(row: Row): boolean | undefined {
  const value = row.goal?.of === "ratio" ? ratio(row) : row.values.trapeze;
  if (!row.goal || value === undefined) return undefined;
  return value <= (row.goal.atMost ?? Infinity) && value >= (row.goal.atLeast ?? 0);
}

const format = (value: number | undefined): string =>
  value === undefined ? "-" : value >= 100 ? value.toFixed(0) : value.toFixed(3);

export function formatTable(result: SuiteResult): string {
  const columns = result.rows[0]?.columns ?? defaultColumns;
  const head = ["", ...columns.map((column) => titles[column]), "ratio", "goal"];
  const body = result.rows.map((row) => {
    const sign = row.goal?.atMost !== undefined ? `<= ${row.goal.atMost}` : row.goal ? `>= ${row.goal.atLeast}` : "";
    const met = meetsGoal(row);
    const goal = row.goal ? `${row.goal.of === "ratio" ? "ratio " : ""}${sign}${met === false ? " MISSED" : ""}` : "";
    return [`${row.name} (${row.unit})`, ...valuesOf(row).map(format), format(ratio(row)), goal];
  });
  if (result.geomean) {
    const { ratio: mean, atMost } = result.geomean;
    body.push(["geometric mean", "", "", format(mean), `ratio <= ${atMost}${mean > atMost ? " MISSED" : ""}`]);
  }
  const widths = head.map((title, n) => Math.max(title.length, ...body.map((line) => (line[n] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, n) => (n === 0 || n === 4 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join("  ")
      .trimEnd();
  const failures = result.failures.map((failure) => `FAILED: ${failure}`);
  return [`== ${result.suite}`, line(head), ...body.map(line), ...failures].join("\n");
}

/** What the figures depend on. */
export function describeHost(): Record<string, unknown> {
  const first = (command: string, args: readonly string[]): string => {
    try {
      return execFileSync(command, args, {
        encoding: "utf8",
        cwd: rootDirectory,
        stdio: ["ignore", "pipe", "ignore"],
      }).split("\n")[0]!;
    } catch {
      return "absent";
    }
  };
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? "unknown",
    logicalCpus: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    system: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    qemu: first("qemu-system-aarch64", ["--version"]),
    chromium: first("chromium", ["--version"]),
    compiler: first("aarch64-linux-gnu-gcc", ["--version"]),
    commit: first("git", ["rev-parse", "HEAD"]),
  };
}
