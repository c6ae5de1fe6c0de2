import { a64Groups } from "./a64.js";
import type { Definition } from "./definition.js";

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly string[]): string[] {
  return [row(...head), row(...head.map(() => "---")), ...rows, ""];
}

const implemented = (d: Definition): boolean => d.execute !== undefined;
const featureOf = (d: Definition): string => d.feature ?? "Armv8.0";

/** The page that says which instructions there are: Markdown, made of the table of definitions. */
export function coveragePage(): string {
  const definitions = a64Groups().flat();
  const groups = new Map<string, Definition[]>();
  for (const d of definitions) groups.set(d.group, [...(groups.get(d.group) ?? []), d]);
  const features = new Map<string, { done: number; listed: number }>();
  for (const d of definitions) {
    const count = features.get(featureOf(d)) ?? { done: 0, listed: 0 };
    if (implemented(d)) count.done++;
    else count.listed++;
    features.set(featureOf(d), count);
  }
  const done = definitions.filter(implemented).length;
  const lines = [
    "# Instruction coverage",
    "",
    "Made of the instruction definitions by `npx tsx scripts/write-coverage.ts`; don't edit. A definition is one encoding",
    "of the Arm ARM, or a group of encodings that share their semantics; encodings that are listed only are UNDEFINED when",
    "executed, and the log names them.",
    "",
    `${definitions.length} definitions: ${done} implemented, ${definitions.length - done} listed only.`,
    "",
    "## By feature",
    "",
    ...table(
      ["Feature", "Implemented", "Listed only"],
      [...features].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, c]) => row(name, c.done, c.listed)),
    ),
  ];
  for (const [heading, members] of groups) {
    lines.push(`## ${heading}`, "");
    lines.push(
      ...table(
        ["Instruction", "Encoding", "Feature", "Implemented"],
        members.map((d) => row(d.name, `\`${d.pattern.text}\``, featureOf(d), implemented(d) ? "yes" : "no")),
      ),
    );
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
