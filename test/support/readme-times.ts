import { readFileSync } from "node:fs";
import type { RowResult } from "../../src/lab/row-result.js";
import type { Distribution } from "../../src/lab/statistics.js";

const units: Readonly<Record<string, number>> = { ns: 1, us: 1000, ms: 1e6 };

/** The durations that README.md's tables have in the line of that name, in nanoseconds. */
export function readmeTimes(name: string): readonly number[] {
  const line = readFileSync("README.md", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`| ${name} |`));
  if (line === undefined) throw new Error(`README.md has no line for "${name}"`);
  return [...line.matchAll(/([\d.]+) (ns|us|ms)\b/g)].map(([, value, unit]) => Number(value) * units[unit!]!);
}

/** A row's times on a Cortex-A53, in nanoseconds. */
export function modelledTimes({ name, modelled }: RowResult): Distribution {
  const found = modelled.find(({ profile }) => profile === "cortex-a53");
  if (found === undefined) throw new Error(`"${name}" isn't modelled for a cortex-a53`);
  return found.nanoseconds;
}
