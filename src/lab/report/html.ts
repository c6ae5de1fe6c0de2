import type { Evidence, TimingProfile } from "../profiles/timing-profile.js";
import type { RowResult } from "../row-result.js";
import { type ExperimentResult, type GroupResult, rowsOf } from "../run-experiment.js";
import type { Validation } from "../validation.js";
import { countColumns, type Pair, spreadColumns } from "./columns.js";
import { escaped } from "./escape.js";
import { type Column, spansOf } from "./layout.js";
import { duration, explanations, machinesText, modelledBy, percent, publishedText } from "./summary.js";
import { timelineDrawings } from "./timeline-drawing.js";

const style = `
body { font: 14px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top }
th:first-child, td:first-child, td.text, td.published { text-align: left }
td.published { padding-left: 2rem; opacity: .8 } .wide { overflow-x: auto } .wide td, .wide th { white-space: nowrap; padding: .2rem .4rem } .wide td.published { white-space: normal } th[colspan] { text-align: center } .whisker { stroke: currentColor; fill: none }
svg.key { width: 12px; height: 12px } .section { fill: #b5322b } .preempted { fill: #e3a09c } .waits { fill: #bbb } .runs { fill: #2f6f9f }
h4 { font-size: .9rem; margin: 1rem 0 .25rem } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem }
svg text { font: 13px system-ui, sans-serif; fill: currentColor }
.a { fill: #2f6f9f } .b { fill: #c9772b } .failure { color: #a00 } details { margin: .5rem 0 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } th, td { border-color: #444 } }
`;

const rowHeight = 40;
const labelWidth = 360;
const barWidth = 560;

/** Bars of the modelled time of each row, one colour for each profile; all groups of a question on the scale of `longest` ns. */
function chart(rows: readonly RowResult[], profiles: readonly TimingProfile[], longest: number): string {
  const bars = rows.map((row, n) => {
    const top = n * rowHeight;
    const label = `<text x="0" y="${top + 24}">${escaped(row.name)}</text>`;
    const each = profiles.map((profile, i) => {
      const modelled = modelledBy(row, profile);
      const y = top + 6 + i * 15;
      if (!modelled) return `<text x="${labelWidth + 6}" y="${y + 11}">-</text>`;
      const { median, p99 } = modelled.nanoseconds;
      const width = Math.max(1, (median / longest) * barWidth);
      const end = Math.max(width, (p99 / longest) * barWidth);
      const whisker =
        end - width < 1
          ? ""
          : `<path class="whisker" d="M${(labelWidth + width).toFixed(1)} ${y + 6}H${(labelWidth + end).toFixed(1)}m0 -4v8"/>`;
      const title = `<title>${escaped(`${row.name}, ${profile.name}: ${duration(median)}, 99 % at most ${duration(p99)}`)}</title>`;
      return `<rect class="${"ab"[i % 2]}" x="${labelWidth}" y="${y}" width="${width.toFixed(1)}" height="12">${title}</rect>${whisker}<text x="${(labelWidth + end + 6).toFixed(1)}" y="${y + 11}">${duration(median)}</text>`;
    });
    return label + each.join("");
  });
  return `<svg viewBox="0 0 ${labelWidth + barWidth + 100} ${rows.length * rowHeight}" role="img" aria-label="modelled time by row">${bars.join("")}</svg>`;
}

function legend(profiles: readonly TimingProfile[]): string {
  const each = profiles.map(
    ({ title }, i) =>
      `<svg class="key" viewBox="0 0 12 12"><rect class="${"ab"[i % 2]}" width="12" height="12"/></svg> ${escaped(title)}`,
  );
  return `<p>${each.join(" &nbsp; ")} &nbsp; bars: the typical time; lines: up to the 99th percentile</p>`;
}

/** What the bars' scale ends with. */
function longestTime(rows: readonly RowResult[]): number {
  return Math.max(1, ...rows.flatMap(({ modelled }) => modelled.map(({ nanoseconds }) => nanoseconds.p99)));
}

function rowsTable(rows: readonly RowResult[], columns: readonly Column<Pair>[], published: boolean): string {
  const spans = spansOf(columns).map(
    ({ title, first, last }) => `<th colspan="${last - first + 1}">${escaped(title)}</th>`,
  );
  const heads = columns.map(({ title }) => `<th>${escaped(title)}</th>`);
  const lines = rows.map((row) => {
    const cells = columns.map(({ text }) => `<td>${escaped(text({ row, first: rows[0]! }))}</td>`);
    const line = `<tr><td>${escaped(row.name)}</td>${cells.join("")}</tr>`;
    if (!published || !row.published) return line;
    return `${line}<tr><td class="published" colspan="${columns.length + 1}">${escaped(publishedText(row.published))}</td></tr>`;
  });
  return `<div class="wide"><table><tr><th></th>${spans.join("")}</tr><tr><th></th>${heads.join("")}</tr>${lines.join("")}</table></div>`;
}

/** Everything that was counted, row by row. */
function details(rows: readonly RowResult[]): string {
  const parts = rows.map((row) => {
    const lines = row.counted.map(
      ({ event, typical, total }) =>
        `<tr><td>${escaped(event.kind)}</td><td class="text">${escaped(event.name)}</td><td>${typical}</td><td>${total}</td></tr>`,
    );
    return `<details><summary>${escaped(row.name)}: all that was counted in ${row.crossings} crossings on ${escaped(row.cpu)}</summary><table><tr><th>event</th><th>which</th><th>typical</th><th>all</th></tr>${lines.join("")}</table></details>`;
  });
  return parts.join("");
}

const evidenceWords: Readonly<Record<Evidence, string>> = {
  published: "published for this core",
  "other core": "published for another core",
  assumed: "assumed",
};

function profileTable({ title, costs }: TimingProfile): string {
  const lines = costs.map(
    ({ what, cycles, evidence, source }) =>
      `<tr><td>${escaped(what)}</td><td>${cycles}</td><td class="text">${evidenceWords[evidence]}</td><td class="text">${escaped(source)}</td></tr>`,
  );
  return `<details><summary>${escaped(title)}: the costs and where they come from</summary><table><tr><th>what</th><th>cycles</th><th>evidence</th><th>source</th></tr>${lines.join("")}</table></details>`;
}

/** The results as one HTML page without anything from elsewhere. */
export function htmlReport(
  results: readonly ExperimentResult[],
  profiles: readonly TimingProfile[],
  validations: readonly Validation[],
): string {
  const group = (result: ExperimentResult, { title, rows }: GroupResult): string => {
    if (rows.length === 0) return "";
    const counts = rowsTable(rows, countColumns(result, profiles), true);
    const times = rowsTable(rows, spreadColumns(profiles), false);
    const heading = title === "" ? "" : `<h3>${escaped(title)}</h3>`;
    return `${heading}${chart(rows, profiles, longestTime(rowsOf(result)))}${counts}${times}${details(rows)}`;
  };
  const sections = results.map((result) => {
    const failures = result.failures.map((text) => `<p class="failure">${escaped(text)}</p>`).join("");
    return `<h2>${escaped(result.question)}</h2><p>${escaped(`${result.about} ${machinesText(result)}`)}</p>${failures}${legend(profiles)}${result.groups.map((each) => group(result, each)).join("")}${timelineDrawings(result.timelines)}`;
  });
  const errors = validations.map(
    ({ profile, measurement, cycles, error }) =>
      `<tr><td>${escaped(profile)}</td><td class="text">${escaped(measurement.what)}</td><td>${Math.round(cycles)}</td><td>${measurement.cycles}</td><td>${percent(error)}</td><td class="text">${escaped(measurement.source)}</td></tr>`,
  );
  const validation =
    errors.length === 0
      ? ""
      : `<h2>The profiles' error against measurements that they weren't fitted to</h2><table><tr><th>profile</th><th>what</th><th>modelled</th><th>published</th><th>error</th><th>source</th></tr>${errors.join("")}</table>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>trapeze compare</title><style>${style}</style></head>
<body><h1>trapeze compare</h1>
${explanations(profiles)
  .map((text) => `<p>${escaped(text)}</p>`)
  .join("")}
${sections.join("\n")}
${validation}
<h2>Profiles</h2>${profiles.map(profileTable).join("")}
</body></html>
`;
}
