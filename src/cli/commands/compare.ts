import { closeSync, mkdirSync, openSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoadError } from "../../board/loaders/image.js";
import { MachineError } from "../../board/machine.js";
import { cores } from "../../cpu/cores/cores.js";
import type { Experiment, ExperimentRun } from "../../lab/experiment.js";
import { experiments } from "../../lab/experiments/index.js";
import { profiles } from "../../lab/profiles/index.js";
import { htmlReport } from "../../lab/report/html.js";
import { textReport } from "../../lab/report/table.js";
import { type ExperimentResult, runExperiment } from "../../lab/run-experiment.js";
import { validate } from "../../lab/validation.js";
import { ProgressBar } from "../compare/progress-bar.js";
import { compareWithQemu } from "../compare/qemu.js";
import { systemErrorText, UserError } from "../errors.js";
import { describeOptions, type OptionDefinition, parseArguments } from "../options/parser.js";
import { suggestion } from "../options/suggest.js";
import { TraceSink } from "../trace-file.js";
import { asksForHelp, type Command } from "./command.js";

interface CompareConfiguration {
  json: boolean;
  html?: string;
  trace?: string;
  experiments: Experiment[];
  cpu: string;
  check: boolean;
}

/** Exit status when a mechanism didn't do its work. */
const failed = 2;

/** Committed images, seen from src/ and from dist/ alike. */
const images = new URL("../../../guest/images/", import.meta.url);

const options: readonly OptionDefinition<CompareConfiguration>[] = [
  { spellings: ["--json"], help: "everything that was counted, as JSON", apply: (c) => void (c.json = true) },
  {
    spellings: ["--html"],
    argument: "FILE",
    help: "a page of its own, with bar charts and the profiles' sources",
    apply: (c, file) => void (c.html = file),
  },
  {
    spellings: ["--trace"],
    argument: "FOLDER",
    help: "a trace of each machine that ran, for ui.perfetto.dev",
    apply: (c, folder) => void (c.trace = folder),
  },
  {
    spellings: ["--experiment"],
    argument: "NAME",
    help: `one experiment (may be given again): ${experiments.map(({ name }) => name).join(", ")}`,
    apply: (c, name, option) => {
      const found = experiments.find((experiment) => experiment.name === name);
      const names = experiments.map((experiment) => experiment.name);
      if (!found)
        throw new UserError(
          `${option}: there is no experiment '${name}'${suggestion(name, names) || `; there are ${names.join(", ")}`}`,
        );
      if (!c.experiments.includes(found)) c.experiments.push(found);
    },
  },
  {
    spellings: ["--cpu"],
    argument: "NAME",
    help: "the machine's core (default cortex-a53); experiments that need another one say so",
    apply: (c, name, option) => {
      if (!cores.has(name))
        throw new UserError(`${option}: unknown core '${name}'; there are ${[...cores.keys()].join(", ")}`);
      c.cpu = name;
    },
  },
  {
    spellings: ["--check"],
    help: "also run each image on QEMU, and fail when it prints something else there",
    apply: (c) => void (c.check = true),
  },
];

const help = (): string => `trapeze compare [OPTIONS]: measure ways to do the same work, side by side

${describeOptions(options)}

Experiments:
${experiments.map(({ name, question }) => `  ${name.padEnd(14)}${question}`).join("\n")}

Counts are exact and the same in every run. Cycles are modelled by timing profiles, whose costs and sources --html shows.
Exit status: 0, 1 for a mistake in the options, ${failed} when a mechanism didn't do its work, or QEMU printed something else.
`;

export const compareCommand: Command = {
  summary: "measure hyplets, native applications and the classic ways side by side",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const configuration: CompareConfiguration = { json: false, experiments: [], cpu: "cortex-a53", check: false };
    const [extra] = parseArguments(words, options, configuration);
    if (extra !== undefined) throw new UserError(`'${extra}' isn't an option; an experiment is --experiment ${extra}`);
    return compare(configuration);
  },
};

async function compare(configuration: CompareConfiguration): Promise<number> {
  const chosen = configuration.experiments.length > 0 ? configuration.experiments : experiments;
  const page = configuration.html === undefined ? undefined : openPage(configuration.html);
  const runs = chosen.reduce((sum, experiment) => sum + experiment.runs.length, 0);
  const progress = new ProgressBar(process.stderr, runs * (configuration.check ? 2 : 1));
  const results: ExperimentResult[] = [];
  const notes = new Set<string>();
  for (const experiment of chosen) {
    const result = await run(experiment, configuration, progress);
    if (!configuration.check) {
      results.push(result);
      continue;
    }
    const failures = [...result.failures];
    for (const [n, each] of experiment.runs.entries()) {
      progress.step(`${experiment.name}: ${each.where}, on QEMU`);
      const { cpu, output } = result.runs[n]!;
      const answer = await compareWithQemu(each, cpu, fileURLToPath(images), output);
      if (answer.kind === "different") failures.push(`${each.name}: ${answer.text}`);
      else if (answer.kind === "absent") notes.add(answer.text);
    }
    results.push({ ...result, failures });
  }
  progress.close();
  write(configuration, results, page);
  for (const note of notes) process.stderr.write(`trapeze: ${note}\n`);
  const failures = results.flatMap((result) => result.failures.map((text) => `${result.name}: ${text}`));
  for (const failure of failures) process.stderr.write(`trapeze: ${failure}\n`);
  return failures.length > 0 ? failed : 0;
}

async function run(
  experiment: Experiment,
  { cpu, trace }: CompareConfiguration,
  progress: ProgressBar,
): Promise<ExperimentResult> {
  const sinks: TraceSink[] = [];
  const traceOf = (folder: string) => (each: ExperimentRun) => {
    const sink = openTrace(folder, each.name);
    sinks.push(sink);
    return (bytes: Uint8Array) => sink.write(bytes);
  };
  try {
    return await runExperiment(experiment, {
      readImage,
      profiles,
      cpu,
      begins: ({ where }) => progress.step(`${experiment.name}: ${where}`),
      ...(trace === undefined ? {} : { trace: traceOf(trace) }),
    });
  } catch (error) {
    progress.close();
    if (error instanceof LoadError || error instanceof MachineError)
      throw new UserError(`experiment ${experiment.name}: ${error.message}`);
    throw error;
  } finally {
    for (const sink of sinks) sink.close();
  }
}

async function readImage(name: string): Promise<Uint8Array> {
  try {
    return await readFile(new URL(name, images));
  } catch (error) {
    throw new UserError(`image ${fileURLToPath(new URL(name, images))}: ${systemErrorText(error)}`);
  }
}

function openTrace(folder: string, name: string): TraceSink {
  try {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(folder);
  } catch (error) {
    throw new UserError(`--trace ${folder}: ${systemErrorText(error)}`);
  }
  return new TraceSink(join(folder, `${name}.perfetto-trace`));
}

/** Before anything runs, so that a file that can't be written is told of at once. */
function openPage(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new UserError(`--html ${path}: ${systemErrorText(error)}`);
  }
}

function write(configuration: CompareConfiguration, results: readonly ExperimentResult[], page?: number): void {
  const validations = validate(profiles, results);
  if (configuration.json)
    process.stdout.write(
      `${JSON.stringify({ experiments: results, profiles, validation: validations }, undefined, 2)}\n`,
    );
  else process.stdout.write(textReport(results, profiles, validations));
  if (page === undefined) return;
  try {
    writeFileSync(page, htmlReport(results, profiles, validations));
    closeSync(page);
  } catch (error) {
    throw new UserError(`--html ${configuration.html}: ${systemErrorText(error)}`);
  }
}
