/**
 * Debian's Xen with Debian's kernel as dom0, and with a second domain that Debian's toolstack starts there, on QEMU and on
 * Trapeze.
 * npx tsx test/xen/run.ts --help
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findDebian } from "../../src/cli/debian/cache.js";
import { findXen } from "../../src/cli/debian/xen.js";
import { UserError } from "../../src/cli/errors.js";
import { chosenMachines, positive, runCommand } from "../software/command.js";
import { type MachineName, machineCommands } from "../software/machines.js";
import { softwareDirectory } from "../software/packages.js";
import { missingMilestones, type WatchedBoot, watchBoot } from "../software/watched-boot.js";
import { buildDomuInitrd } from "./image.js";
import { type XenScenario, xenOptions } from "./options.js";

const help = `usage: npx tsx test/xen/run.ts [options]
Before the first run: npx trapeze get debian && npx trapeze get xen
  --machine NAME     qemu, trapeze or both (default both)
  --run NAME         dom0 (its commands alone), domu (a second domain) or both (default both)
  --cpu LIST         cores, with commas between (default cortex-a57)
  --smp LIST         processing elements, and dom0's (default 1,2)
  --limit SECONDS    give up a boot after so long (default 300)
  --verbose          show the console as it comes
What the consoles say is kept in ${join(softwareDirectory(), "consoles")}.
Status 0: the domains ran their commands, switched off, and nothing complained. 1: some didn't. 2: couldn't run.`;

/** What the console must show in this order, whatever dom0 does. */
const boot = [
  /^\(XEN\) Xen version 4\./,
  /^\(XEN\) GICv3 initialization:/,
  /^\(XEN\) Brought up \d+ CPUs/,
  /^\(XEN\) \*\*\* LOADING DOMAIN 0 \*\*\*/,
  /Booting Linux on physical CPU/,
  /Xen 4\.\d+ support found/,
];
const autotest = [
  /Run \/init as init process/,
  /^trapeze: shell ready/,
  /^bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8 /,
  /^trapeze: autotest done/,
  /reboot: Power down/,
];
const halt = /^\(XEN\) Hardware Dom0 halted: halting machine/;
const milestones: Readonly<Record<XenScenario, readonly RegExp[]>> = {
  dom0: [...boot, ...autotest, halt],
  domu: [
    ...boot,
    /^trapeze: shell ready/,
    /^domu: starts/,
    /Booting Linux on physical CPU/,
    /Machine model: XENVM-4/,
    /Detected PIPT I-cache on CPU0/,
    ...autotest,
    /^domu: console ended with status 0/,
    /^trapeze: \/domu\/start ended with status 0/,
    /reboot: Power down/,
    halt,
  ],
};
const complaints = /WARNING:|BUG:|Oops|Kernel panic|Panic on CPU|rcu.*(stall|starved)|soft lockup|nobody cared/;

/**
 * Linux 6.1 says so in dom0 when it was loaded without a seed for KASLR, as by Trapeze, or by QEMU with
 * `-M dtb-randomness=off`: its balloon adds memory at address 0, which is below the linear map then.
 */
const explained = /WARNING: CPU: \d+ PID: \d+ at arch\/arm64\/mm\/mmu\.c:\d+ vmemmap_populate\+/;

/**
 * Lines that must be as often on Trapeze as on QEMU: Xen's own, without what the cores and the firmware are, and those
 * about the second domain, of which Xen shows so many in a second of its time.
 */
const compared =
  /^\(XEN\) (?!d1v)(?! +[\da-f: ]+$)(?!.*(Features|ISA|Extensions|Instruction Sets|32-bit|Exception Levels|SMC Calling|SMCCC|update your firmware|Latest ChangeSet|atomics|DTB to|BW_MHz|alternatives))/;

interface Options {
  readonly scenario: XenScenario;
  readonly cpu: string;
  readonly processors: number;
  readonly limit: number;
  readonly echo: boolean;
}

async function run(
  machine: MachineName,
  images: { xen: string; kernel: string; initrd: string },
  options: Options,
): Promise<WatchedBoot> {
  const { scenario, cpu, processors, limit, echo } = options;
  const command = [...machineCommands[machine], "-cpu", cpu, ...xenOptions(images, processors, scenario)];
  const log = `${scenario === "dom0" ? "xen" : "domu"}.${machine}.${cpu}.${processors}.log`;
  const { seconds, lines, problems } = await watchBoot(command, { limit, echo, log });
  const complained = lines.filter((line) => complaints.test(line) && !explained.test(line));
  return {
    seconds,
    lines,
    problems: [...problems, ...missingMilestones(lines, milestones[scenario]), ...complained],
  };
}

/** Xen's lines, with what differs from run to run taken out: digits say where things lie and how long they take. */
function shape(lines: readonly string[]): string[] {
  return lines
    .filter((line) => compared.test(line))
    .map((line) => line.replace(/\b(0x)?[0-9a-f]*\d[0-9a-f]*\b/gi, "#"));
}

function differences(ours: readonly string[], theirs: readonly string[]): string[] {
  const left = shape(theirs);
  const extra: string[] = [];
  for (const line of shape(ours)) {
    const found = left.indexOf(line);
    if (found < 0) extra.push(`only on Trapeze: ${line}`);
    else left.splice(found, 1);
  }
  return [...extra, ...left.map((line) => `only on QEMU: ${line}`)];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      machine: { type: "string", default: "both" },
      run: { type: "string", default: "both" },
      cpu: { type: "string", default: "cortex-a57" },
      smp: { type: "string", default: "1,2" },
      limit: { type: "string", default: "300" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const machines = chosenMachines(values.machine);
  const scenarios = (["dom0", "domu"] as const).filter((name) => values.run === "both" || values.run === name);
  if (scenarios.length === 0) throw new UserError(`--run: '${values.run}' is none of dom0, domu and both`);
  const xen = findXen();
  const debian = findDebian("debian");
  if (!xen) throw new UserError("Xen isn't in the cache: run npx trapeze get xen");
  if (!debian) throw new UserError("Debian's kernel isn't in the cache: run npx trapeze get debian");
  const limit = positive(values.limit, "--limit");
  const counts = values.smp.split(",").map((text) => positive(text, "--smp"));
  const kernel = debian.image;
  let bad = 0;
  for (const scenario of scenarios) {
    const initrd = scenario === "dom0" ? debian.initramfs : buildDomuInitrd(debian, (line) => void console.error(line));
    for (const cpu of values.cpu.split(","))
      for (const processors of counts) {
        const options = { scenario, cpu, processors, limit, echo: values.verbose };
        let theirs: WatchedBoot | undefined;
        for (const machine of machines) {
          const outcome = await run(machine, { xen, kernel, initrd }, options);
          if (machine === "qemu") theirs = outcome;
          const compare = machine === "trapeze" && theirs;
          const problems = [...outcome.problems, ...(compare ? differences(outcome.lines, compare.lines) : [])];
          const title = `${scenario}, ${cpu}, ${processors} PE${processors > 1 ? "s" : ""}, ${machine}`;
          const verdict = problems.length > 0 ? "FAILED" : "ok";
          console.log(`${title.padEnd(40)}${outcome.seconds.toFixed(1).padStart(7)} s  ${verdict}`);
          for (const problem of problems) console.log(`    ${problem}`);
          // QEMU is there to be compared with; what it does is its own business.
          if (machine === "trapeze" && problems.length > 0) bad++;
        }
      }
  }
  return bad > 0 ? 1 : 0;
}

await runCommand("xen", main);
