import { ChromiumRunner } from "../chromium/browser.js";
import type { Job, JobResult } from "../chromium/job.js";
import { requireEngine } from "../engines.js";
import type { Measurement } from "../process.js";
import { type Columns, type Row, ratio, type SuiteResult } from "../report.js";
import { geometricMean } from "../statistics.js";
import { bootFiles, DONE } from "./debian.js";
import { buildKernels, chosenKernels, kernelImage } from "./kernels.js";
import { type Context, learn, runEngine, Samples } from "./suite.js";

const columns: Columns = ["trapeze", "chromium"];
const goal = { of: "ratio", atMost: 1.15 } as const;
const inChromium = { name: "chromium" } as const;

/** As `machineOptions` has it for the command: the board with -cpu cortex-a57 -m 256, and standard input at its end. */
const machine = { cpu: "cortex-a57", memory: 256 * 2 ** 20, interactive: false } as const;

/** Pages keep no code between runs, and both hosts shall do the same work. */
const noLibrary = "--no-code-library";

/** The name of Debian's boot among the kernels' names. */
const boot = "boot";

/**
 * The same machines in Node, by the command, and in a page's worker in headless Chromium. Kernels as in the suite "kernels": time of
 * the whole less that with no iterations. Debian's boot: Node's from the command's start to its end; Chromium's from the worker's
 * creation to the message that the machine has ended, loading of script and images included, start of the browser not. Node does
 * without its code library; what the boot takes with it is a row beside.
 */
export async function chromium(context: Context): Promise<SuiteResult> {
  buildKernels();
  const names =
    context.only.length > 0 && context.only.every((name) => name === boot)
      ? []
      : chosenKernels(context.only.filter((name) => name !== boot));
  const runner = await ChromiumRunner.open(context.browserFlags);
  const failures: string[] = [];
  const bench = new Comparison(context, runner, failures);
  try {
    const empty = new Samples(columns);
    const kernels: Row[] = [];
    for (const name of names) kernels.push(await bench.kernel(name, empty));
    const rows = [...kernels];
    if (names.length > 0) rows.push(empty.row("all with no iterations", "s"));
    if (context.only.length === 0 || context.only.includes(boot)) rows.push(...(await bench.debian()));
    const ratios = kernels.map(ratio).filter((value) => value !== undefined);
    return {
      suite: "chromium: kernels without start-up, and Debian's boot to power-off, in Node and in Chromium",
      rows,
      failures,
      ...(ratios.length > 0 && { geomean: { ratio: geometricMean(ratios), atMost: goal.atMost } }),
    };
  } finally {
    runner.close();
  }
}

class Comparison {
  readonly #node = requireEngine("trapeze");

  constructor(
    private readonly context: Context,
    private readonly runner: ChromiumRunner,
    private readonly failures: string[],
  ) {}

  /** Times with no iterations go to `empties`. */
  async kernel(name: string, empties: Samples): Promise<Row> {
    const samples = new Samples(columns);
    const kernel = kernelImage(name);
    const none = "iterations=0";
    const outputs = new Set<string>();
    for (let n = 0; n < this.context.repetitions; n++) {
      this.context.say(`kernel ${name} in Node`);
      const image = [noLibrary, "-semihosting", "-kernel", kernel];
      const empty = await runEngine(this.#node, [...image, "-append", none], this.failures);
      const full = await runEngine(this.#node, image, this.failures);
      empties.add(this.#node, empty.seconds);
      samples.add(this.#node, Math.max(full.seconds - empty.seconds, 0.001));
      this.context.say(`kernel ${name} in Chromium`);
      const job = { kernel, machine: { ...machine, semihosting: true } };
      const emptyInPage = await this.#run({ ...job, machine: { ...job.machine, commandLine: none } });
      const fullInPage = await this.#run(job);
      empties.add(inChromium, emptyInPage.seconds);
      samples.add(inChromium, Math.max(fullInPage.seconds - emptyInPage.seconds, 0.001));
      outputs.add(full.output).add(fullInPage.output);
    }
    this.#expectOne(name, outputs, "checksum=");
    return samples.row(name, "s", goal);
  }

  async debian(): Promise<Row[]> {
    const { kernel, initrd, append } = bootFiles();
    const { repetitions, library, say } = this.context;
    const samples = new Samples(columns);
    const withLibrary = new Samples(columns);
    const outputs = new Set<string>();
    const inNode = async (...more: string[]): Promise<Measurement> => {
      say("debian in Node");
      const options = [...more, "-kernel", kernel, "-initrd", initrd, "-append", append];
      const run = await runEngine(this.#node, options, this.failures);
      outputs.add(run.output);
      return run;
    };
    await learn(this.#node, this.context, inNode);
    for (let n = 0; n < repetitions; n++) {
      samples.add(this.#node, (await inNode(noLibrary)).seconds);
      say("debian in Chromium");
      const inPage = await this.#run({ kernel, initrd, machine: { ...machine, commandLine: append } });
      samples.add(inChromium, inPage.seconds);
      outputs.add(inPage.output);
      if (!library) continue;
      withLibrary.add(this.#node, (await inNode()).seconds);
      withLibrary.add(inChromium, inPage.seconds);
    }
    this.#expectOne("debian", outputs, DONE);
    const rows = [samples.row("Debian's boot, whole", "s", goal)];
    if (library) rows.push(withLibrary.row("the same, Node with code compiled ahead", "s"));
    return rows;
  }

  async #run(job: Job): Promise<JobResult> {
    const result = await this.runner.run(job);
    if (!/switched the machine off|ended with status 0$/.test(result.sentence))
      this.failures.push(`chromium ${job.kernel}: ${result.sentence}`);
    return result;
  }

  /** Both hosts must have shown the same every time, and the guest must have come to its end. */
  #expectOne(name: string, outputs: ReadonlySet<string>, end: string): void {
    const [first = ""] = outputs;
    if (outputs.size !== 1) this.failures.push(`${name}: the guest's output isn't the same each time`);
    else if (!first.includes(end)) this.failures.push(`${name}: the guest never said "${end}"`);
  }
}
