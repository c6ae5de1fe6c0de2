import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BootResult } from "./machines.js";
import { softwareDirectory } from "./packages.js";
import type { Step, Workload } from "./workloads.js";

/** What QEMU last said in each step, with the command that was asked, so that an answer to another question isn't used. */
export type AnswerRecord = Readonly<Record<string, { readonly command: string; readonly output: string }>>;

const recordFile = (name: string): string => join(softwareDirectory(), "answers", `${name}.json`);

/** The part of a step's output that has to be right. */
export function answerOf(step: Step, output: string): string {
  return step.answer?.(output) ?? output;
}

export function readRecord(name: string): AnswerRecord {
  const file = recordFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as AnswerRecord) : {};
}

/** Adds the steps that ended well to the record. */
export function writeRecord(name: string, workload: Workload, { steps }: BootResult): void {
  const found = steps
    .filter(({ status }) => status === 0)
    .flatMap(({ name: key, output }) => {
      const step = workload.steps[key];
      return step ? [[key, { command: step.command, output }] as const] : [];
    });
  mkdirSync(join(softwareDirectory(), "answers"), { recursive: true });
  const record: AnswerRecord = { ...readRecord(name), ...Object.fromEntries(found) };
  writeFileSync(recordFile(name), `${JSON.stringify(record, undefined, 2)}\n`);
}
