import type { Evidence, TimingProfile } from "../profiles/timing-profile.js";
import type { ExperimentResult, RowResult } from "../run-experiment.js";
import type { Validation } from "../validation.js";
import { duration, percent, publishedText, summarize } from "./summary.js";

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top }
th:first-child, td:first-child, td.text { text-align: left }
svg text { font: 13px system-ui, sans-serif; fill: currentColor }
.a { fill: #2f6f9f } .b { fill: #c9772b } .failure { color: #a00 } details { margin: .5rem 0 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } th, td { border-color: #444 } }
`;

const rowHeight = 40;
const labelWidth = 360;
const barWidth = 560;

/** Bars of the modelled time of each row, one colour for each profile. */
function chart(rows: readonly RowResult[], profiles: readonly TimingProfile[]): string {
  const times = rows.flatMap(({ modelled }) => modelled.map(({ nanoseconds }) => nanoseconds.median));
  const longest = Math.max(...times, 1);
  const bars = rows.map((row, n) => {
    const top = n * rowHeight;
    const label = `<text x="0" y="${top + 24}">${escaped(row.name)}</text>`;
    const each = row.modelled.map(({ profile, nanoseconds }, i) => {
      const width = Math.max(1, (nanoseconds.median / longest) * barWidth);
      const y = top + 6 + i * 15;
      const text = duration(nanoseconds.median);
      return `<rect class="${"ab"[i % 2]}" x="${labelWidth}" y="${y}" width="${width.toFixed(1)}" height="12"><title>${escaped(`${row.name}, ${profile}: ${text}`)}</title></rect><text x="${labelWidth + width + 6}" y="${y + 11}">${text}</text>`;
    });
    return label + each.join("");
  });
  const legend = profiles.map(
    ({ title }, i) =>
      `<rect class="${"ab"[i % 2]}" x="${labelWidth + i * 330}" y="${rows.length * rowHeight + 8}" width="12" height="12"/><text x="${labelWidth + i * 330 + 18}" y="${rows.length * rowHeight + 19}">${escaped(title)}</text>`,
  );
  const height = rows.length * rowHeight + 28;
  return `<svg viewBox="0 0 ${labelWidth + barWidth + 100} ${height}" role="img" aria-label="modelled time by row">${bars.join("")}${legend.join("")}</svg>`;
}

function rowsTable(rows: readonly RowResult[], profiles: readonly TimingProfile[]): string {
  const heads = [
    "",
    "EL0",
    "EL1",
    "EL2",
    "EL3",
    "exceptions",
    "registers",
    "barriers",
    "MMIO",
    ...profiles.map(({ name }) => `${name}, modelled cycles: min / mean / p99 / max`),
    "published",
  ];
  const cells = (row: RowResult): string => {
    const { instructions, exceptions, registers, barriers, mmio } = summarize(row);
    const numbers = [...instructions, exceptions, registers, barriers, mmio].map((n) => `<td>${n || ""}</td>`);
    const modelled = profiles.map(({ name }) => {
      const cycles = row.modelled.find(({ profile }) => profile === name)?.cycles;
      if (!cycles) return "<td></td>";
      return `<td>${[cycles.minimum, cycles.mean, cycles.p99, cycles.maximum].map(Math.round).join(" / ")}</td>`;
    });
    const source = row.published ? ` title="${escaped(row.published.source)}"` : "";
    return `<tr><td>${escaped(row.name)}</td>${numbers.join("")}${modelled.join("")}<td class="text"${source}>${escaped(publishedText(row))}</td></tr>`;
  };
  return `<table><tr>${heads.map((text) => `<th>${escaped(text)}</th>`).join("")}</tr>${rows.map(cells).join("")}</table>`;
}

/** Everything that was counted, row by row. */
function details(rows: readonly RowResult[]): string {
  const parts = rows.map((row) => {
    const lines = row.counted.map(
      ({ event, typical, total }) =>
        `<tr><td>${escaped(event.kind)}</td><td class="text">${escaped(event.name)}</td><td>${typical}</td><td>${total}</td></tr>`,
    );
    return `<details><summary>${escaped(row.name)}: all that was counted in ${row.crossings} crossings</summary><table><tr><th>event</th><th>which</th><th>typical</th><th>all</th></tr>${lines.join("")}</table></details>`;
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
  const sections = results.map((result) => {
    const failures = result.failures.map((text) => `<p class="failure">${escaped(text)}</p>`).join("");
    const { rows } = result;
    return `<h2>${escaped(result.question)}</h2><p>${escaped(`${result.name}, ${result.cpu}; counts of the typical crossing`)}</p>${failures}${chart(rows, profiles)}${rowsTable(rows, profiles)}${details(rows)}`;
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
<p>Counts are exact and the same in every run. Cycles are modelled: counts times the costs of a profile, without cache misses or overlap.</p>
${sections.join("\n")}
${validation}
<h2>Profiles</h2>${profiles.map(profileTable).join("")}
</body></html>
`;
}
