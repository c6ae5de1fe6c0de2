import { writeFileSync } from "node:fs";
import { DeviceTreeError } from "../../board/device-tree/blob.js";
import { LoadError } from "../../board/loaders/image.js";
import { Machine, MachineError } from "../../board/machine.js";
import { describeEnd, type MachineEnd } from "../../board/machine-options.js";
import { disassemble } from "../../isa/disassembler.js";
import { Console } from "../console/console.js";
import { Monitor } from "../console/monitor.js";
import { Terminal } from "../console/terminal.js";
import { systemErrorText, UserError } from "../errors.js";
import { describeOptions, parseArguments } from "../options/parser.js";
import { defaultConfiguration, type RunConfiguration } from "../options/run-configuration.js";
import { runOptions } from "../options/run-options.js";
import { setUpMachine } from "../run/machine-setup.js";
import { applyPreset, presets } from "../run/presets.js";
import { asksForHelp, type Command } from "./command.js";

/** Exit statuses beside the guest's own. */
const Status = { ended: 0, guestFailed: 2, left: 130 } as const;

const help = (): string => `trapeze run [NAME] [OPTIONS]: run a machine

Names:
${Object.entries(presets)
  .map(([name, text]) => `  ${name.padEnd(14)}${text}`)
  .join("\n")}

Options, in QEMU's spelling where QEMU has them:
${describeOptions(runOptions)}

What -d logs: int, each exception taken and each return (time in ns, instructions of the PE, levels, syndrome in words); mmu, each translation that missed the TLB (addresses, regime,
permissions, size) or its fault; exec, the address of each instruction, which then run one at a time;
unimp, what isn't implemented; guest_errors, the guest's misuse of devices.

The console is the terminal: Ctrl-A x leaves, Ctrl-A c is the monitor, Ctrl-A h helps.
Exit status: 0 when the guest powers off, its own when it ends by semihosting, 1 for a mistake in the
options, ${Status.guestFailed} when the guest ends in any other way, ${Status.left} after Ctrl-A x.

Examples:
  trapeze run demo
  trapeze run debian -smp 2 -virtfs local,path=.,mount_tag=host
  trapeze run -kernel Image -initrd initrd.gz -append "console=ttyAMA0" -m 1G -cpu max
  trapeze run -kernel test.elf -semihosting -serial null --max-instructions 1000000 --stats
  trapeze run -kernel test.elf -semihosting-config enable=on,arg=test,arg=input.txt
  trapeze run demo -serial null -d int,mmu -D log.txt
  trapeze run debian -drive file=disk.img,if=none,id=d0,snapshot=on -device virtio-blk-device,drive=d0
`;

export const runCommand: Command = {
  summary: "run a machine: a kernel, an ELF program, demo, or debian",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const configuration = defaultConfiguration();
    const [name, ...more] = parseArguments(words, runOptions, configuration);
    if (more.length > 0) throw new UserError(`'${more[0]}' is one name too many: one machine is run at a time`);
    if (name !== undefined) applyPreset(name, configuration);
    return runMachine(configuration);
  },
};

async function runMachine(configuration: RunConfiguration): Promise<number> {
  let machine: Machine | undefined;
  let monitor: Monitor | undefined;
  let left: string | undefined;
  const leave = (how: string): void => {
    left = how;
    machine?.stop();
  };
  const terminal = new Terminal();
  const console = new Console(terminal, {
    leave: () => leave("Ctrl-A x"),
    monitor: (line) => monitor?.execute(line) ?? "",
  });
  const { options, characters, log, trace } = await setUpMachine(configuration, console);
  const flush = (): void => {
    for (const character of characters) character.flush();
    log.flush();
  };
  try {
    machine = await createFrom(options);
    monitor = new Monitor(machine, disassemble, () => leave("the monitor's quit"));
    const { maxInstructions } = configuration;
    const end = left
      ? ({ kind: "stopped" } as const)
      : await machine.run({
          ...(maxInstructions === undefined ? {} : { instructions: maxInstructions }),
          onSlice: flush,
        });
    flush();
    for (const character of characters) character.close();
    terminal.close();
    await report(configuration, machine, end);
    return conclude(end, left);
  } finally {
    flush();
    trace?.close();
    terminal.close();
  }
}

async function createFrom(options: Parameters<typeof Machine.create>[0]): Promise<Machine> {
  try {
    return await Machine.create(options);
  } catch (error) {
    if (error instanceof LoadError || error instanceof DeviceTreeError || error instanceof MachineError)
      throw new UserError(error.message);
    throw error;
  }
}

/** Statistics and the state hash, when they were asked for. */
async function report(configuration: RunConfiguration, machine: Machine, end: MachineEnd): Promise<void> {
  const { stats, stateHash } = configuration;
  const hash = stateHash ? await machine.stateHash() : undefined;
  if (hash !== undefined) process.stderr.write(`trapeze: state hash ${hash}\n`);
  if (stats === undefined) return;
  const statistics = { end: end.kind, ...machine.statistics(), ...(hash === undefined ? {} : { stateHash: hash }) };
  const json = `${JSON.stringify(statistics, undefined, 2)}\n`;
  if (stats === "") {
    process.stderr.write(json);
    return;
  }
  try {
    writeFileSync(stats, json);
  } catch (error) {
    throw new UserError(`statistics to ${stats}: ${systemErrorText(error)}`);
  }
}

function conclude(end: MachineEnd, left: string | undefined): number {
  if (end.kind === "off") return Status.ended;
  if (end.kind === "exit") return end.status & 0xff;
  const why = end.kind === "stopped" && left ? `left with ${left}` : describeEnd(end);
  process.stderr.write(`trapeze: ${why}\n`);
  return end.kind === "stopped" && left ? Status.left : Status.guestFailed;
}
