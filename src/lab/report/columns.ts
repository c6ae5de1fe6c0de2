import type { TimingProfile } from "../profiles/timing-profile.js";
import type { RowResult } from "../row-result.js";
import { type ExperimentResult, rowsOf } from "../run-experiment.js";
import { jitterOf } from "../statistics.js";
import type { Column } from "./layout.js";
import { duration, modelledBy, range, relative, summarize } from "./summary.js";

/** A row, and the first one of its group. */
export interface Pair {
  readonly row: RowResult;
  readonly first: RowResult;
}

/** What was counted in the typical crossing, and what the profiles make of it. Columns of zeros are left out. */
export function countColumns(result: ExperimentResult, profiles: readonly TimingProfile[]): Column<Pair>[] {
  const rows = rowsOf(result);
  const count = (title: string, of: (row: RowResult) => number, group?: string): Column<Pair>[] =>
    rows.every((row) => of(row) === 0)
      ? []
      : [{ title, text: ({ row }) => `${of(row)}`, ...(group === undefined ? {} : { group }) }];
  return [
    ...[0, 1, 2, 3].flatMap((level) =>
      count(`EL${level}`, (row) => summarize(row).instructions[level]!, "instructions"),
    ),
    ...count("exc", (row) => summarize(row).exceptions),
    ...count("regs", (row) => summarize(row).registers),
    ...count("barr", (row) => summarize(row).barriers),
    ...count("MMIO", (row) => summarize(row).mmio),
    { title: "TLB", text: ({ row }) => range(row.tlbMisses) },
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

/** How a row's modelled times are distributed. */
export function spreadColumns(profiles: readonly TimingProfile[]): Column<Pair>[] {
  return profiles.flatMap((profile): Column<Pair>[] => {
    const group = `how times spread, ${profile.name}, modelled`;
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
