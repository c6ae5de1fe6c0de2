import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoadError } from "../../board/loaders/image.js";
import { MachineError } from "../../board/machine.js";
import { cores } from "../../cpu/cores/cores.js";
import type { Experiment } from "../../lab/experiment.js";
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
    help: "a trace of each experiment for ui.perfetto.dev",
    apply: (c, folder) => void (c.trace = folder),
  },
  {
    spellings: ["--experiment"],
    argument: "NAME",
    help: `one experiment (may be given again): ${experiments.map(({ name }) => name).join(", ")}`,
    apply: (c, name, option) => {
      const found = experiments.find((experiment) => experiment.name === name);
      const names = experiments.map((experiment) => experiment.name);
      if (!found) throw new UserError(`${option}: there is no experiment '${name}'${suggestion(name, names)}`);
      c.experiments.push(found);
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
  const progress = new ProgressBar(process.stderr, chosen.length * (configuration.check ? 2 : 1));
  const results: ExperimentResult[] = [];
  const notes: string[] = [];
  for (const experiment of chosen) {
    progress.step(experiment.name);
    let result = await run(experiment, configuration);
    if (configuration.check) {
      progress.step(`${experiment.name} on QEMU`);
      const answer = await compareWithQemu(experiment, result.cpu, fileURLToPath(images), result.output);
      if (answer.kind === "different") result = { ...result, failures: [...result.failures, answer.text] };
      else if (answer.kind === "absent") notes.push(answer.text);
    }
    results.push(result);
  }
  progress.close();
  write(configuration, results);
  for (const note of new Set(notes)) process.stderr.write(`trapeze: ${note}\n`);
  const failures = results.flatMap((result) => result.failures.map((text) => `${result.name}: ${text}`));
  for (const failure of failures) process.stderr.write(`trapeze: ${failure}\n`);
  return failures.length > 0 ? failed : 0;
}

async function run(experiment: Experiment, { cpu, trace }: CompareConfiguration): Promise<ExperimentResult> {
  const sink = trace === undefined ? undefined : traceOf(trace, experiment.name);
  try {
    return await runExperiment(experiment, {
      readImage,
      profiles,
      cpu,
      ...(sink ? { trace: (bytes: Uint8Array) => sink.write(bytes) } : {}),
    });
  } catch (error) {
    if (error instanceof LoadError || error instanceof MachineError)
      throw new UserError(`experiment ${experiment.name}: ${error.message}`);
    throw error;
  } finally {
    sink?.close();
  }
}

async function readImage(name: string): Promise<Uint8Array> {
  try {
    return await readFile(new URL(name, images));
  } catch (error) {
    throw new UserError(`image ${fileURLToPath(new URL(name, images))}: ${systemErrorText(error)}`);
  }
}

function traceOf(folder: string, name: string): TraceSink {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UserError(`--trace ${folder}: ${systemErrorText(error)}`);
  }
  return new TraceSink(join(folder, `${name}.perfetto-trace`));
}

function write(configuration: CompareConfiguration, results: readonly ExperimentResult[]): void {
  const validations = validate(profiles, results);
  if (configuration.json)
    process.stdout.write(`${JSON.stringify({ experiments: results, validation: validations }, undefined, 2)}\n`);
  else process.stdout.write(textReport(results, profiles, validations));
  if (configuration.html === undefined) return;
  try {
    writeFileSync(configuration.html, htmlReport(results, profiles, validations));
  } catch (error) {
    throw new UserError(`--html ${configuration.html}: ${systemErrorText(error)}`);
  }
}
