/**
 * A machine in a machine: Debian's kernel at EL2 with KVM, and in it Debian's QEMU, which boots Debian's kernel again, on
 * QEMU and on Trapeze.
 * npx tsx test/nested/run.ts --help
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findDebian } from "../../src/cli/debian/cache.js";
import { UserError } from "../../src/cli/errors.js";
import { chosenMachines, positive, runCommand } from "../software/command.js";
import { type MachineName, machineCommands } from "../software/machines.js";
import { softwareDirectory } from "../software/packages.js";
import { missingMilestones, type WatchedBoot, watchBoot } from "../software/watched-boot.js";
import { buildNestedImages, type NestedImages } from "./image.js";

const help = `usage: npx tsx test/nested/run.ts [options]
Before the first run: npx trapeze get debian
  --machine NAME     qemu, trapeze or both (default both)
  --cpu LIST         cores, with commas between (default cortex-a57,neoverse-n1,max)
  --smp LIST         processing elements of both machines (default 1,2)
  --append TEXT      more for the outer kernel's command line (default "nokaslr kpti=off")
  --limit SECONDS    give up a boot after so long (default 600)
  --verbose          show the console as it comes
What the consoles say is kept in ${join(softwareDirectory(), "consoles")}.
Status 0: every inner machine ran its test and powered off, and no kernel complained. 1: some didn't. 2: couldn't run.`;

/** What the inner machine must print in this order: it ran under KVM with the virtual GIC to its end. */
const milestones = [
  /kvm \[1\]: (Hyp|VHE) mode initialized successfully/,
  /^nested: starts/,
  /GICv3: CPU0: found redistributor/,
  /^trapeze: shell ready/,
  /^trapeze: autotest done/,
  /^nested: ended with status 0/,
  /^trapeze: \/nested\/mount ended with status 0/,
];
const complaints = /WARNING:|BUG:|Oops|Kernel panic|rcu.*(stall|starved)|soft lockup|nobody cared/;

interface Options {
  readonly cpu: string;
  readonly processors: number;
  readonly append: string;
  readonly limit: number;
  readonly echo: boolean;
}

function command(machine: MachineName, kernel: string, images: NestedImages, options: Options): string[] {
  const modules = "trapeze.modules=virtio_mmio,virtio_blk,crc32c_generic,ext4";
  const words = `console=ttyAMA0 ${modules} trapeze.command=/nested/mount nested.smp=${options.processors} ${options.append}`;
  return [
    ...machineCommands[machine],
    ...["-M", "virt,virtualization=on,gic-version=3", "-cpu", options.cpu, "-smp", `${options.processors}`],
    ...["-m", "1024", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", images.initrd, "-append", words],
    ...[
      "-drive",
      `file=${images.disk},format=raw,if=none,id=disk,snapshot=on`,
      "-device",
      "virtio-blk-device,drive=disk",
    ],
  ];
}

async function run(
  machine: MachineName,
  kernel: string,
  images: NestedImages,
  options: Options,
): Promise<Pick<WatchedBoot, "seconds" | "problems">> {
  const { cpu, processors, limit, echo } = options;
  const log = `nested.${machine}.${cpu}.${processors}.log`;
  const boot = await watchBoot(command(machine, kernel, images, options), { limit, echo, log });
  const complained = boot.lines.filter((line) => complaints.test(line));
  return {
    seconds: boot.seconds,
    problems: [...boot.problems, ...missingMilestones(boot.lines, milestones), ...complained],
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      machine: { type: "string", default: "both" },
      cpu: { type: "string", default: "cortex-a57,neoverse-n1,max" },
      smp: { type: "string", default: "1,2" },
      append: { type: "string", default: "nokaslr kpti=off" },
      limit: { type: "string", default: "600" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const machines = chosenMachines(values.machine);
  const limit = positive(values.limit, "--limit");
  const counts = values.smp.split(",").map((text) => positive(text, "--smp"));
  const debian = findDebian("debian");
  if (!debian) throw new UserError("Debian's kernel isn't in the cache: run npx trapeze get debian");
  const images = buildNestedImages(debian.image, debian.initramfs, (line) => console.error(line));
  let bad = 0;
  for (const cpu of values.cpu.split(","))
    for (const processors of counts)
      for (const machine of machines) {
        const options = { cpu, processors, append: values.append, limit, echo: values.verbose };
        const { seconds, problems } = await run(machine, debian.image, images, options);
        const title = `${cpu}, ${processors} PE${processors > 1 ? "s" : ""}, ${machine}`;
        console.log(`${title.padEnd(32)}${seconds.toFixed(1).padStart(7)} s  ${problems.length > 0 ? "FAILED" : "ok"}`);
        for (const problem of problems) console.log(`    ${problem}`);
        // QEMU is there to be compared with; what it does is its own business.
        if (machine === "trapeze" && problems.length > 0) bad++;
      }
  return bad > 0 ? 1 : 0;
}

await runCommand("nested", main);
