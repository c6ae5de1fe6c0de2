/**
 * Runs other people's programs under Debian's kernel on QEMU and on Trapeze, and compares what they answer with each
 * other and with what the host answers.
 * npx tsx test/software/run.ts --help
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findDebian } from "../../src/cli/debian/cache.js";
import { UserError } from "../../src/cli/errors.js";
import { readRecord, writeRecord } from "./answers.js";
import { chosenMachines, positive, runCommand } from "./command.js";
import { buildImage } from "./image.js";
import { type BootResult, boot, bootCommand, type MachineName } from "./machines.js";
import { softwareDirectory } from "./packages.js";
import { judge, printVerdicts, type Verdict } from "./verdict.js";
import { workloads } from "./workloads.js";

const help = `usage: npx tsx test/software/run.ts [options] [workload...]
Before the first run: npx trapeze get debian && npx tsx scripts/fetch-software.ts
workloads (default: all)
${Object.entries(workloads)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join("\n")}
options
  --machine NAME     qemu, trapeze or both (default both); one alone is also held against QEMU's last answers
  --cpu NAME         the core (default cortex-a57)
  --smp N            processing elements (default 1)
  --step LIST        only these steps, with commas between
  --append TEXT      more for the kernel's command line (default "kpti=off nokaslr": see the note)
  --trapeze WORD     an option for Trapeze, such as --trapeze=--no-jit; may be repeated
  --limit SECONDS    give up a boot after so long, instead of the workload's own limit
  --json FILE        write the results to FILE
  --list             print the steps and their commands
  --command          print the commands that boot the workloads, and don't run them
  --verbose          show the console as it comes
What the consoles say is kept in ${join(softwareDirectory(), "consoles")}.
Status 0: every step ended well, with the answer that the host or QEMU gives. 1: some didn't. 2: couldn't run.
Note: QEMU gives the kernel a seed for KASLR, which turns KPTI on, which costs QEMU a flush of its TLB at each switch.`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      machine: { type: "string", default: "both" },
      cpu: { type: "string", default: "cortex-a57" },
      smp: { type: "string", default: "1" },
      step: { type: "string", default: "" },
      append: { type: "string", default: "kpti=off nokaslr" },
      trapeze: { type: "string", multiple: true, default: [] },
      limit: { type: "string" },
      json: { type: "string" },
      list: { type: "boolean", default: false },
      command: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(help);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(workloads);
  const unknown = names.find((name) => !Object.hasOwn(workloads, name));
  if (unknown) throw new UserError(`no workload named '${unknown}'; there are ${Object.keys(workloads).join(", ")}`);
  const machines = chosenMachines(values.machine);
  const processors = positive(values.smp, "--smp");
  if (values.list) {
    for (const name of names)
      for (const [step, { command }] of Object.entries(workloads[name]!.steps))
        console.log(`${name}/${step}\n  ${command.replaceAll("\n", "\n  ")}`);
    return 0;
  }
  const debian = findDebian("debian");
  if (!debian) throw new UserError("Debian's kernel isn't in the cache: run npx trapeze get debian");

  mkdirSync(join(softwareDirectory(), "consoles"), { recursive: true });
  const verdicts: Verdict[] = [];
  const boots: Record<string, Record<string, { complete: boolean; failure: string; bootSeconds: number }>> = {};
  for (const name of names) {
    const workload = workloads[name]!;
    const wanted = values.step === "" ? Object.keys(workload.steps) : values.step.split(",");
    const stranger = wanted.find((step) => !Object.hasOwn(workload.steps, step));
    if (stranger)
      throw new UserError(`${name} has no step '${stranger}'; it has ${Object.keys(workload.steps).join(", ")}`);
    const only = values.step === "" ? "" : ` software.step=${values.step}`;
    const initrd = buildImage(name, workload);
    const results = new Map<MachineName, BootResult>();
    for (const machine of machines) {
      const options = {
        machine,
        cpu: values.cpu,
        processors,
        memoryMiB: workload.memoryMiB,
        image: debian.image,
        initrd,
        append: `console=ttyAMA0 quiet panic=-1 ${values.append}${only}`,
        extra: machine === "trapeze" ? values.trapeze : [],
        limit: values.limit === undefined ? workload.limit : positive(values.limit, "--limit"),
      };
      if (values.command) {
        console.log(bootCommand(options).map(quoted).join(" "));
        continue;
      }
      if (process.stderr.isTTY) process.stderr.write(`${name} on ${machine}\n`);
      const log = join(softwareDirectory(), "consoles", `${name}.${machine}.log`);
      writeFileSync(log, "");
      const echo = (text: string): void => {
        appendFileSync(log, text);
        if (values.verbose) process.stderr.write(text);
      };
      const result = await boot({ ...options, echo });
      results.set(machine, result);
      const { complete, failure, bootSeconds } = result;
      (boots[name] ??= {})[machine] = { complete, failure, bootSeconds };
    }
    if (values.command) continue;
    const judged = judge(name, workload, wanted, results, readRecord(name));
    verdicts.push(...judged);
    printVerdicts(name, judged, results);
    const qemu = results.get("qemu");
    if (qemu) writeRecord(name, workload, qemu);
  }
  if (values.command) return 0;
  const bad = verdicts.filter(({ problems }) => problems.length > 0).length;
  const incomplete = Object.values(boots).flatMap((each) => Object.values(each).filter(({ complete }) => !complete));
  console.log(`${verdicts.length - bad} steps right, ${bad} wrong, ${incomplete.length} boots incomplete`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ boots, verdicts }, undefined, 2)}\n`);
  return bad > 0 || incomplete.length > 0 ? 1 : 0;
}

/** For a shell. */
function quoted(word: string): string {
  return /^[\w./,=:+@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

await runCommand("software", main);
