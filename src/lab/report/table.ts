import type { TimingProfile } from "../profiles/timing-profile.js";
import { type ExperimentResult, rowsOf } from "../run-experiment.js";
import type { Validation } from "../validation.js";
import { countColumns, type Pair, spreadColumns } from "./columns.js";
import { type Section, table, wrap } from "./layout.js";
import { explanations, machinesText, percent, publishedText } from "./summary.js";
import { timelinesText } from "./timeline-text.js";

/** Characters in a line of running text. */
const width = 130;

/** The results as text: a table for each question, then the profiles' errors. */
export function textReport(
  results: readonly ExperimentResult[],
  profiles: readonly TimingProfile[],
  validations: readonly Validation[],
): string {
  const parts = results.map((result) => experimentText(result, profiles));
  return `${parts.join("\n")}\n${validationText(validations, profiles)}`;
}

function experimentText(result: ExperimentResult, profiles: readonly TimingProfile[]): string {
  const title = `${result.question}  (--experiment ${result.name})`;
  const lines = [title, "=".repeat(title.length), ...wrap(`${result.about} ${machinesText(result)}`, width)];
  if (rowsOf(result).length > 0) {
    lines.push("", ...table(sections(result, true), countColumns(result, profiles), width));
    if (result.varies) lines.push("", ...table(sections(result, false), spreadColumns(profiles), width));
  }
  if (result.timelines.length > 0) lines.push("", ...timelinesText(result.timelines));
  return `${lines.join("\n")}\n`;
}

function sections({ groups }: ExperimentResult, published: boolean): Section<Pair>[] {
  return groups.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => ({
      name: row.name,
      row: { row, first: rows[0]! },
      notes: published && row.published ? [publishedText(row.published)] : [],
    })),
  }));
}

/** How to read the tables, and how far the profiles are off where somebody measured. */
export function validationText(validations: readonly Validation[], profiles: readonly TimingProfile[]): string {
  const lines = explanations(profiles).flatMap((text) => wrap(text, width));
  if (validations.length > 0) {
    lines.push("", "The profiles' error against published measurements that they weren't fitted to:");
    for (const { profile, measurement, cycles, error } of validations) {
      const { what, cycles: published, source } = measurement;
      lines.push(
        ...wrap(
          `  ${profile.padEnd(12)}${percent(error).padStart(6)}  ${what}: modelled ${Math.round(cycles)} cycles, published ${published} [${source}]`,
          width,
          22,
        ),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
