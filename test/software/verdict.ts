import { type AnswerRecord, answerOf } from "./answers.js";
import type { BootResult, MachineName, StepResult } from "./machines.js";
import type { Workload } from "./workloads.js";

/** What became of a step on the machines it ran on. */
export interface Verdict {
  readonly workload: string;
  readonly step: string;
  readonly guestSeconds: Partial<Record<MachineName, number>>;
  readonly hostSeconds: Partial<Record<MachineName, number>>;
  /** Who confirmed the answer: the host by other means, the two machines each other, or QEMU's last run. */
  readonly judges: readonly ("host" | "qemu" | "record")[];
  /** Sentences; none when all is right. */
  readonly problems: readonly string[];
}

/** Holds the steps of one workload against each other and against the host's answers. */
export function judge(
  name: string,
  workload: Workload,
  wanted: readonly string[],
  results: ReadonlyMap<MachineName, BootResult>,
  record: AnswerRecord,
): Verdict[] {
  return wanted.map((key) => {
    const step = workload.steps[key]!;
    const expected = step.expected?.();
    const problems: string[] = [];
    const judges: Verdict["judges"][number][] = expected === undefined ? [] : ["host"];
    const ran = new Map<MachineName, StepResult>();
    for (const [machine, { steps }] of results) {
      const result = steps.find((each) => each.name === key);
      if (result) ran.set(machine, result);
      if (!result) problems.push(`${machine} never came to it`);
      else if (result.status === undefined) problems.push(`${machine} ended in it${said(result.output)}`);
      else if (result.status !== 0) problems.push(`${machine}: status ${result.status}${said(result.output)}`);
      else if (expected !== undefined) {
        const answer = answerOf(step, result.output);
        const part = step.part?.(answer) ?? answer;
        if (part !== expected) problems.push(`${machine} ${difference(part, expected, "the host")}`);
      }
    }
    const finished = [...ran].filter(([, { status }]) => status === 0);
    const trapeze = ran.get("trapeze");
    const qemu = ran.get("qemu");
    if (finished.length === 2 && trapeze && qemu) {
      judges.push("qemu");
      const [ours, theirs] = [answerOf(step, trapeze.output), answerOf(step, qemu.output)];
      if (ours !== theirs) problems.push(`trapeze ${difference(ours, theirs, "qemu")}`);
    } else if (finished.length === 1 && results.size === 1) {
      const known = record[key];
      const [machine, { output }] = finished[0]!;
      if (known && known.command === step.command) {
        judges.push("record");
        const [ours, theirs] = [answerOf(step, output), answerOf(step, known.output)];
        if (ours !== theirs) problems.push(`${machine} ${difference(ours, theirs, "qemu's last run")}`);
      } else if (expected === undefined && machine === "trapeze") {
        problems.push("nobody to compare with: run it on qemu as well");
      }
    }
    const seconds = (of: "guestSeconds" | "hostSeconds"): Partial<Record<MachineName, number>> =>
      Object.fromEntries([...ran].map(([machine, result]) => [machine, result[of]]));
    return {
      workload: name,
      step: key,
      guestSeconds: seconds("guestSeconds"),
      hostSeconds: seconds("hostSeconds"),
      judges,
      problems,
    };
  });
}

/** The first line in which two answers differ. */
function difference(ours: string, theirs: string, judge: string): string {
  const [a, b] = [ours.split("\n"), theirs.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  const i = at < 0 ? a.length : at;
  return `says in line ${i + 1} '${shortened(a[i] ?? "")}' where ${judge} says '${shortened(b[i] ?? "")}'`;
}

const shortened = (line: string): string => (line.length > 160 ? `${line.slice(0, 160)}...` : line);

/** The end of an output, indented. */
function said(output: string): string {
  if (output === "") return ", having said nothing";
  return `, having said\n${output
    .split("\n")
    .slice(-12)
    .map((line) => `      ${shortened(line)}`)
    .join("\n")}`;
}

/** A table of one workload's steps: times by the guest's clock and by the host's, their ratios, the verdict. */
export function printVerdicts(
  name: string,
  verdicts: readonly Verdict[],
  results: ReadonlyMap<MachineName, BootResult>,
): void {
  const machines = [...results.keys()];
  const number = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(2)).padStart(9);
  const ratio = (times: Partial<Record<MachineName, number>>): string => {
    const { qemu, trapeze } = times;
    return (qemu && trapeze ? (trapeze / qemu).toFixed(2) : "-").padStart(9);
  };
  const both = machines.length === 2;
  const heads = (of: string): string =>
    machines.map((machine) => `${machine} ${of}`.padStart(15)).join("") + (both ? "ratio".padStart(9) : "");
  console.log(`${name.padEnd(34)}${heads("guest")}${heads("host")}  seconds`);
  for (const { step, guestSeconds, hostSeconds, judges, problems } of verdicts) {
    const columns = [guestSeconds, hostSeconds].map(
      (times) => machines.map((machine) => number(times[machine]).padStart(15)).join("") + (both ? ratio(times) : ""),
    );
    const verdict = problems.length > 0 ? "WRONG" : judges.length > 0 ? `right (${judges.join(", ")})` : "ran";
    console.log(`  ${step.padEnd(32)}${columns.join("")}  ${verdict}`);
    for (const problem of problems) console.log(`    ${problem}`);
  }
  for (const [machine, { complete, failure, bootSeconds }] of results)
    console.log(
      `  ${machine}: ${bootSeconds > 0 ? `first step after ${bootSeconds.toFixed(2)} s` : "came to no step"}${complete ? "" : `; ${failure}`}`,
    );
  console.log("");
}
