import type { TimingProfile } from "../profiles/timing-profile.js";
import type { RowResult } from "../row-result.js";
import { type ExperimentResult, rowsOf } from "../run-experiment.js";
import { jitterOf } from "../statistics.js";
import type { Validation } from "../validation.js";
import { type Column, type Section, table, wrap } from "./layout.js";
import {
  confirmationRule,
  duration,
  modelledBy,
  percent,
  publishedText,
  range,
  relative,
  summarize,
} from "./summary.js";

/** Characters in a line of running text; tables are about as wide. */
const width = 130;

/** A row, and the first one of its group. */
interface Pair {
  readonly row: RowResult;
  readonly first: RowResult;
}

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
  const lines = [title, "=".repeat(title.length), ...wrap(result.about, width)];
  if (rowsOf(result).length > 0) {
    lines.push("", ...table(sections(result, true), countColumns(result, profiles), width));
    if (result.varies) lines.push("", ...table(sections(result, false), spreadColumns(profiles), width));
  }
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

function countColumns(result: ExperimentResult, profiles: readonly TimingProfile[]): Column<Pair>[] {
  const rows = rowsOf(result);
  const count = (title: string, of: (row: RowResult) => number, group?: string): Column<Pair>[] =>
    rows.every((row) => of(row) === 0)
      ? []
      : [{ title, text: ({ row }) => `${of(row)}`, ...(group === undefined ? {} : { group }) }];
  return [
    ...[0, 1, 2, 3].flatMap((level) =>
      count(`EL${level}`, (row) => summarize(row).instructions[level]!, "instructions at"),
    ),
    ...count("exceptions", (row) => summarize(row).exceptions),
    ...count("registers", (row) => summarize(row).registers),
    ...count("barriers", (row) => summarize(row).barriers),
    ...count("MMIO", (row) => summarize(row).mmio),
    { title: "TLB misses", text: ({ row }) => range(row.tlbMisses) },
    ...profiles.flatMap((profile): Column<Pair>[] => {
      const group = `${profile.name}, modelled`;
      const modelled = (row: RowResult) => modelledBy(row, profile);
      return [
        { group, title: "cycles", text: ({ row }) => text(modelled(row)?.cycles.median, (n) => `${Math.round(n)}`) },
        { group, title: "time", text: ({ row }) => text(modelled(row)?.nanoseconds.median, duration) },
        { group, title: "vs 1st", text: ({ row, first }) => relative(row, first, profile) },
      ];
    }),
  ];
}

function spreadColumns(profiles: readonly TimingProfile[]): Column<Pair>[] {
  return profiles.flatMap((profile): Column<Pair>[] => {
    const group = `how times spread: ${profile.name}, modelled`;
    const times = (row: RowResult) => modelledBy(row, profile)?.nanoseconds;
    const column = (
      title: string,
      of: (times: NonNullable<ReturnType<typeof modelledBy>>["nanoseconds"]) => number,
    ) => ({
      group,
      title,
      text: ({ row }: Pair) => {
        const all = times(row);
        return text(all && of(all), duration);
      },
    });
    return [
      column("min", ({ minimum }) => minimum),
      column("mean", ({ mean }) => mean),
      column("p99", ({ p99 }) => p99),
      column("max", ({ maximum }) => maximum),
      column("jitter", jitterOf),
    ];
  });
}

/** "-" where a profile's core can't run the row. */
function text(n: number | undefined, show: (n: number) => string): string {
  return n === undefined ? "-" : show(n);
}

/** How to read the tables, and how far the profiles are off where somebody measured. */
export function validationText(validations: readonly Validation[], profiles: readonly TimingProfile[]): string {
  const names = profiles.map(({ name, title }) => `${name}: ${title}`).join("; ");
  const lines = [
    ...wrap(
      "Counts are exact, of the crossing with the median number of instructions, and the same in every run; TLB misses from the fewest to the most of any crossing, since the first ones meet cold TLBs. Registers: system registers read and written.",
      width,
    ),
    ...wrap(
      `Cycles and times are modelled: counts times the costs of a timing profile (${names}), each with its source (--html, --json), without cache misses, branch prediction or overlap. A dash: the core has no VHE, which guarded hyplets need; their counts are of a core that has it.`,
      width,
    ),
    ...wrap(
      `vs 1st: times the group's first row. Jitter: from min to max. ${confirmationRule[0]!.toUpperCase()}${confirmationRule.slice(1)}.`,
      width,
    ),
  ];
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
