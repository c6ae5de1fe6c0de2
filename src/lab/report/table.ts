import type { TimingProfile } from "../profiles/timing-profile.js";
import type { ExperimentResult, RowResult } from "../run-experiment.js";
import type { Validation } from "../validation.js";
import { distribution, duration, percent, publishedText, summarize } from "./summary.js";

interface Column {
  readonly title: string;
  readonly left?: boolean;
  readonly text: (row: RowResult) => string;
}

const count = (n: number): string => (n === 0 ? "" : `${n}`);

function columns(profiles: readonly TimingProfile[]): Column[] {
  return [
    { title: "", left: true, text: ({ name }) => name },
    ...[0, 1, 2, 3].map((level) => ({
      title: `EL${level}`,
      text: (row: RowResult) => count(summarize(row).instructions[level]!),
    })),
    { title: "exceptions", text: (row) => count(summarize(row).exceptions) },
    { title: "registers", text: (row) => count(summarize(row).registers) },
    { title: "barriers", text: (row) => count(summarize(row).barriers) },
    { title: "MMIO", text: (row) => count(summarize(row).mmio) },
    {
      title: "TLB misses, all",
      text: (row) =>
        count(row.counted.reduce((sum, { event, total }) => sum + (event.kind === "tlbMiss" ? total : 0), 0)),
    },
    ...profiles.map((profile) => ({
      title: `${profile.name}, modelled`,
      text: (row: RowResult) => {
        const ours = row.modelled.find((modelled) => modelled.profile === profile.name);
        return ours ? `${Math.round(ours.cycles.median)} cycles, ${duration(ours.nanoseconds.median)}` : "";
      },
    })),
    ...profiles.slice(0, 1).map((profile) => ({
      title: `${profile.name}: min, mean, p99, max`,
      text: (row: RowResult) => {
        const ours = row.modelled.find((modelled) => modelled.profile === profile.name);
        return ours && ours.cycles.minimum < ours.cycles.maximum ? distribution(ours.nanoseconds) : "";
      },
    })),
    { title: "published", left: true, text: publishedText },
  ];
}

/** The results as text: a table for each experiment, then the profiles' errors. */
export function textReport(
  results: readonly ExperimentResult[],
  profiles: readonly TimingProfile[],
  validations: readonly Validation[],
): string {
  const parts = results.map((result) => {
    const crossings = [...new Set(result.rows.map((row) => row.crossings))].join(", ");
    const heading = `${result.question}  (${result.name}, ${result.cpu}; ${crossings} crossings a row; the typical one)`;
    return `${heading}\n\n${table(result.rows, columns(profiles))}`;
  });
  return `${parts.join("\n")}\n${validationText(validations, profiles)}`;
}

function table(rows: readonly RowResult[], all: readonly Column[]): string {
  const used = all.filter((column, n) => n === 0 || rows.some((row) => column.text(row) !== ""));
  const cells = [used.map(({ title }) => title), ...rows.map((row) => used.map(({ text }) => text(row)))];
  const widths = used.map((_, n) => Math.max(...cells.map((line) => line[n]!.length)));
  const line = (texts: readonly string[]): string =>
    texts.map((text, n) => (used[n]!.left ? text.padEnd(widths[n]!) : text.padStart(widths[n]!))).join("  ");
  const [head, ...body] = cells.map(line);
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return `${[head, rule, ...body].map((text) => text!.trimEnd()).join("\n")}\n`;
}

/** How far the profiles are off where somebody measured, and the sentence on what modelled means. */
export function validationText(validations: readonly Validation[], profiles: readonly TimingProfile[]): string {
  const lines = validations.map(
    ({ profile, measurement, cycles, error }) =>
      `  ${profile}: ${measurement.what}: modelled ${Math.round(cycles)} cycles, published ${measurement.cycles}: ${percent(error)}  (${measurement.source})`,
  );
  const names = profiles.map(({ title }) => title).join("; ");
  return [
    `Counts are exact. Cycles are modelled: counts times the costs of a profile (${names}), without cache misses or overlap.`,
    ...(lines.length > 0 ? ["The profiles' error against measurements that they weren't fitted to:", ...lines] : []),
    "",
  ].join("\n");
}
