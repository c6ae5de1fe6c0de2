import { writeFileSync } from "node:fs";
import { DeviceTreeError } from "../../board/device-tree/blob.js";
import { LoadError } from "../../board/loaders/image.js";
import { Machine, MachineError } from "../../board/machine.js";
import { describeEnd, type MachineEnd } from "../../board/machine-options.js";
import { cortexA57 } from "../../cpu/cores/cores.js";
import { Monitor } from "../../debug/monitor/monitor.js";
import { disassemble } from "../../isa/disassembler.js";
import { LibraryFiles, leastHeat, leastPlaces, libraryAllowed } from "../code-library/library-files.js";
import { Console } from "../console/console.js";
import { Terminal } from "../console/terminal.js";
import { systemErrorText, UserError } from "../errors.js";
import { GdbServer } from "../gdb/server.js";
import { describeOptions, parseArguments } from "../options/parser.js";
import { defaultConfiguration, type RunConfiguration } from "../options/run-configuration.js";
import { runOptions } from "../options/run-options.js";
import { nearest } from "../options/suggest.js";
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

Devices on PCI take addr=SLOT, 1 to 1f, or else the first free one; with -device at the end of their names instead
of -pci they are on virtio-mmio. virtio-net takes mac=ADDRESS. A guest on a network of the kind user gets 10.0.2.15
by DHCP, and finds this host at 10.0.2.2 and its resolver at 10.0.2.3; hubs connect devices of one machine.

Images in memory, beside -kernel and -initrd:
  -device guest-loader,addr=N,kernel=FILE[,bootargs=TEXT]  for a hypervisor, which /chosen tells of it
  -device guest-loader,addr=N,initrd=FILE
  -device loader,file=FILE[,addr=N][,force-raw=on][,cpu-num=N]  ELF, uImage, Intel hex, or raw at addr; PE N starts there
  -device loader,addr=N,data=N,data-len=1..8[,data-be=on]  a value
  -device loader,addr=N,cpu-num=N  PE N starts there

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
  trapeze run demo --trace demo.perfetto-trace
  trapeze run debian -nic user,hostfwd=tcp::8080-:80
  trapeze run debian -s -S    (then: gdb-multiarch -ex 'target remote :1234')
  trapeze run -bios QEMU_EFI.fd -m 512 -drive if=pflash,unit=1,file=variables.fd
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
  let gdb: GdbServer | undefined;
  // A machine that stands still gives Node nothing to wait for, and it would end the process.
  const awake = setInterval(() => {}, 2 ** 30);
  let left: Leaving | undefined;
  const leave = (how: string, status: number = Status.left): void => {
    left = { how, status };
    machine?.stop();
  };
  const terminal = new Terminal();
  const console = new Console(terminal, {
    leave: () => leave("Ctrl-A x"),
    monitor: (line) => monitor?.execute(line) ?? "",
  });
  const setup = await setUpMachine(configuration, console);
  const { characters, networks, log, trace } = setup;
  const codeLibrary = libraryFor(configuration);
  const options = { ...setup.options, codeLibrary: codeLibrary?.volumes() ?? [] };
  const flush = (): void => {
    for (const character of characters) character.flush();
    log.flush();
  };
  try {
    machine = await createFrom(options);
    if (configuration.dumpDeviceTree !== undefined) {
      writeResult("device tree", configuration.dumpDeviceTree, machine.deviceTree);
      return Status.ended;
    }
    const quit = (): void => leave("the monitor's quit");
    monitor = new Monitor(machine, { disassemble, nearest, quit });
    if (configuration.gdb) {
      gdb = new GdbServer(machine, { kill: () => leave("GDB's kill", Status.ended), quit });
      await gdb.open(configuration.gdb);
    }
    if (configuration.startStopped) {
      machine.debug.attach();
      machine.debug.pause();
    }
    const { maxInstructions } = configuration;
    const end = left
      ? ({ kind: "stopped" } as const)
      : await machine.run({
          ...(maxInstructions === undefined ? {} : { instructions: maxInstructions }),
          onSlice: flush,
        });
    flush();
    gdb?.ended(end);
    for (const character of characters) character.close();
    networks.close();
    terminal.close();
    await report(configuration, machine, end);
    keepCode(codeLibrary, machine);
    return conclude(end, left);
  } finally {
    flush();
    clearInterval(awake);
    trace?.close();
    gdb?.close();
    terminal.close();
  }
}

/** Where code is kept that is compiled ahead, for a machine that compiles and that nobody looks into. */
function libraryFor({ jit, codeLibrary, trace, cpu }: RunConfiguration): LibraryFiles | undefined {
  if (!jit || !codeLibrary || trace !== undefined || !libraryAllowed()) return undefined;
  return LibraryFiles.forCore(cpu ?? cortexA57.name);
}

/** Has code that was warm, and wasn't compiled ahead, compiled for the next run. */
function keepCode(library: LibraryFiles | undefined, machine: Machine): void {
  const profile = library && machine.codeProfile(leastHeat, leastPlaces);
  if (profile === undefined) return;
  try {
    library?.keep(profile);
  } catch (error) {
    // A full disk, say: the next run is as slow as this one.
    process.stderr.write(`trapeze: code library: ${systemErrorText(error)}\n`);
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
  writeResult("statistics", stats, json);
}

function writeResult(what: string, file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new UserError(`${what} to ${file}: ${systemErrorText(error)}`);
  }
}

/** What made the user's machine end early, and the exit status for it. */
interface Leaving {
  readonly how: string;
  readonly status: number;
}

function conclude(end: MachineEnd, left: Leaving | undefined): number {
  if (end.kind === "off") return Status.ended;
  if (end.kind === "exit") return end.status & 0xff;
  const why = end.kind === "stopped" && left ? `left with ${left.how}` : describeEnd(end);
  process.stderr.write(`trapeze: ${why}\n`);
  return end.kind === "stopped" && left ? left.status : Status.guestFailed;
}
