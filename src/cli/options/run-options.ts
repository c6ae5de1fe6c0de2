import { maximumProcessors } from "../../board/memory-map.js";
import type { LogChannel } from "../../ports/index.js";
import { UserError } from "../errors.js";
import { parseCharacterDevice, parseSerial } from "./character-target.js";
import { applyDevice, applyDrive, applyFsdev, applyVirtfs } from "./device-options.js";
import { defaultGdbPort, parseGdbTarget } from "./gdb-target.js";
import { applyNetdev, applyNic } from "./network-options.js";
import type { OptionDefinition } from "./parser.js";
import { Properties } from "./properties.js";
import type { RunConfiguration } from "./run-configuration.js";
import { suggestion } from "./suggest.js";
import { parseSize, parseSwitch, parseWhole } from "./values.js";

/** QEMU's names for what can be logged. */
const logItems: Readonly<Record<string, LogChannel>> = {
  int: "int",
  mmu: "mmu",
  unimp: "unimp",
  exec: "exec",
  guest_errors: "guest",
};

/** The options of `trapeze run`, in the order of its help. */
export const runOptions: readonly OptionDefinition<RunConfiguration>[] = [
  {
    spellings: ["-M", "-machine"],
    argument: "virt[,...]",
    help: "the board: gic-version=3, virtualization=on|off (EL2), secure=on|off (EL3), its=on|off, highmem=on|off, dumpdtb=FILE (writes its tree)",
    apply: applyMachine,
  },
  {
    spellings: ["-cpu"],
    argument: "NAME",
    help: "the core: cortex-a53, cortex-a57 (default), neoverse-n1, max",
    apply: (c, name) => void (c.cpu = name),
  },
  {
    spellings: ["-smp"],
    argument: "N",
    help: `processing elements, 1 to ${maximumProcessors} (also cpus=N)`,
    apply: (c, argument, option) => {
      const properties = new Properties(option, argument, "cpus");
      c.processors = parseWhole(properties.require("cpus"), option, 1, maximumProcessors);
      properties.finish();
    },
  },
  {
    spellings: ["-m"],
    argument: "SIZE",
    help: "RAM, in MB or with K, M, G (default 128M)",
    apply: (c, argument, option) => {
      const properties = new Properties(option, argument, "size");
      c.memory = parseSize(properties.require("size"), "M", option);
      properties.finish();
      if (c.memory < 2 ** 20 || c.memory % 4096 !== 0)
        throw new UserError(`${option}: RAM must be at least 1M and a whole number of 4 KB pages`);
    },
  },
  {
    spellings: ["-kernel"],
    argument: "FILE",
    help: "an arm64 Image (also gzip'ed), an ELF64 executable, or a raw binary",
    apply: (c, file) => void (c.kernel = file),
  },
  { spellings: ["-initrd"], argument: "FILE", help: "an initial RAM disk", apply: (c, file) => void (c.initrd = file) },
  {
    spellings: ["-append"],
    argument: "TEXT",
    help: "the kernel's command line",
    apply: (c, text) => void (c.append = text),
  },
  {
    spellings: ["-dtb"],
    argument: "FILE",
    help: "a device tree blob instead of the board's own",
    apply: (c, file) => void (c.deviceTree = file),
  },
  {
    spellings: ["-bios"],
    argument: "FILE",
    help: "firmware, into flash at address 0, where the machine then starts; it finds -kernel in fw_cfg",
    apply: (c, file) => void (c.bios = file),
  },
  {
    spellings: ["-drive"],
    argument: "PROPERTIES",
    help: "a disk image: file=FILE[,if=none,id=ID][,format=raw][,snapshot=on][,readonly=on], or if=pflash[,unit=0|1]: flash",
    apply: applyDrive,
  },
  {
    spellings: ["-fsdev"],
    argument: "PROPERTIES",
    help: "a host folder: local,id=ID,path=PATH,security_model=none[,readonly=off]",
    apply: applyFsdev,
  },
  {
    spellings: ["-virtfs"],
    argument: "PROPERTIES",
    help: "a host folder and its device: local,path=PATH,mount_tag=TAG[,readonly=off]",
    apply: applyVirtfs,
  },
  {
    spellings: ["-chardev"],
    argument: "PROPERTIES",
    help: "a character device: stdio|null|file|socket,id=ID[,path=][,host=,port=,server=on,wait=off]",
    apply: (c, argument, option) => {
      const [id, target] = parseCharacterDevice(argument, option);
      if (c.characterDevices.has(id)) throw new UserError(`${option}: there are two character devices with id=${id}`);
      c.characterDevices.set(id, target);
    },
  },
  {
    spellings: ["-device"],
    argument: "NAME[,...]",
    help: "virtio-{blk,net,serial,rng,9p}-{pci[,addr=SLOT],device}[,drive=][,netdev=][,mac=][,fsdev=,mount_tag=] | virtconsole,chardev= | see below",
    apply: applyDevice,
  },
  {
    spellings: ["-serial"],
    argument: "TARGET",
    help: "the PL011: stdio (default), null, file:PATH, tcp:HOST:PORT[,server][,nowait]; given again, the Secure one",
    apply: (c, argument, option) => {
      if (c.serials.length === 2) throw new UserError(`${option}: the board has two serial ports`);
      c.serials.push(parseSerial(argument, option));
    },
  },
  {
    spellings: ["-semihosting"],
    help: "answer HLT #0xF000 (Arm semihosting): the guest may use this process's files, and end the machine",
    apply: (c) => void (c.semihosting = true),
  },
  {
    spellings: ["-semihosting-config"],
    argument: "PROPERTIES",
    help: "enable=on|off,target=native,arg=TEXT,arg=TEXT...",
    apply: (c, argument, option) => {
      const properties = new Properties(option, argument, "enable");
      c.semihosting = parseSwitch(properties.get("enable") ?? "on", properties.nameOf("enable"));
      const target = properties.get("target") ?? "native";
      if (target !== "native" && target !== "auto")
        throw new UserError(`${properties.nameOf("target")}: '${target}' isn't offered; native is`);
      c.semihostingArguments = [...properties.all("arg")];
      properties.finish();
    },
  },
  {
    spellings: ["-rtc"],
    argument: "base=TIME",
    help: "what the real-time clock starts at: utc, or a date such as 2026-11-21T12:00:00 (default 2026-01-01)",
    apply: (c, argument, option) => {
      const properties = new Properties(option, argument);
      const base = properties.require("base");
      properties.finish();
      const zone = /Z$|[+-]\d\d:\d\d$/.test(base) ? "" : base.includes("T") ? "Z" : "";
      const milliseconds = base === "utc" ? Date.now() : Date.parse(base + zone);
      if (Number.isNaN(milliseconds)) throw new UserError(`${option}: '${base}' is neither utc nor a date`);
      c.epoch = Math.floor(milliseconds / 1000);
    },
  },
  {
    spellings: ["-d"],
    argument: "ITEMS",
    help: `log: ${Object.keys(logItems).join(", ")} (with commas between; see below)`,
    apply: (c, argument, option) => {
      for (const item of argument.split(",")) {
        const channel = Object.hasOwn(logItems, item) ? logItems[item] : undefined;
        if (!channel) {
          const names = Object.keys(logItems);
          throw new UserError(
            `${option}: '${item}' can't be logged; ${names.join(", ")} can${suggestion(item, names)}`,
          );
        }
        c.log.add(channel);
      }
    },
  },
  {
    spellings: ["-D"],
    argument: "FILE",
    help: "where the log goes (default: standard error)",
    apply: (c, file) => void (c.logFile = file),
  },
  {
    spellings: ["--trace"],
    argument: "FILE",
    help: "a trace of exception levels, interrupts and counters for ui.perfetto.dev",
    apply: (c, file) => void (c.trace = file),
  },
  {
    spellings: ["-gdb"],
    argument: "TARGET",
    help: "wait for GDB on tcp::PORT, tcp:HOST:PORT, unix:PATH or stdio (none: don't); for gdb-multiarch's target remote",
    apply: (c, argument, option) => void (c.gdb = parseGdbTarget(argument, option)),
  },
  {
    spellings: ["-s"],
    help: `short for -gdb tcp::${defaultGdbPort}`,
    apply: (c) => void (c.gdb = { kind: "tcp", host: "localhost", port: defaultGdbPort }),
  },
  {
    spellings: ["-S"],
    help: "don't begin until GDB, or the monitor's cont, says so",
    apply: (c) => void (c.startStopped = true),
  },
  { spellings: ["-no-reboot"], help: "end when the guest resets", apply: (c) => void (c.noReboot = true) },
  {
    spellings: ["-snapshot"],
    help: "writes to disks go to throw-away overlays",
    apply: (c) => void (c.snapshot = true),
  },
  {
    spellings: ["-nographic"],
    help: "the serial port on the terminal (it always is unless -serial says otherwise)",
    apply: () => {},
  },
  { spellings: ["-display"], argument: "none", help: "there is no display", apply: acceptOnly("none") },
  { spellings: ["-monitor"], argument: "none", help: "the monitor is at Ctrl-A c", apply: acceptOnly("none") },
  {
    spellings: ["-netdev"],
    argument: "PROPERTIES",
    help: "a network: user,id=ID[,hostfwd=tcp::HOSTPORT-:GUESTPORT][,restrict=on] | hubport,id=ID,hubid=N",
    apply: applyNetdev,
  },
  {
    spellings: ["-nic"],
    argument: "PROPERTIES",
    help: "a network and its device: user[,model=virtio-net-pci][,hostfwd=...] | none (the default)",
    apply: applyNic,
  },
  { spellings: ["-net"], argument: "none", help: "there is no network unless one is given", apply: acceptOnly("none") },
  { spellings: ["-nodefaults"], help: "accepted; there are no other default devices", apply: () => {} },
  {
    spellings: ["--max-instructions"],
    argument: "N",
    help: "end after N instructions of all processing elements together",
    apply: (c, argument, option) => void (c.maxInstructions = parseWhole(argument, option, 1)),
  },
  {
    spellings: ["--stats"],
    argument: "FILE",
    argumentIsOptional: true,
    help: "statistics as JSON at the end, to FILE or standard error",
    apply: (c, file) => void (c.stats = file),
  },
  {
    spellings: ["--state-hash"],
    help: "print a hash of all registers and RAM at the end",
    apply: (c) => void (c.stateHash = true),
  },
  { spellings: ["--no-jit"], help: "interpret everything", apply: (c) => void (c.jit = false) },
  {
    spellings: ["--no-code-library"],
    help: "neither use nor keep code compiled ahead (see: trapeze help code-library)",
    apply: (c) => void (c.codeLibrary = false),
  },
  {
    spellings: ["--seed"],
    argument: "N",
    help: "what the machine's random numbers start from (default 0)",
    apply: (c, argument, option) => void (c.seed = BigInt(parseWhole(argument, option))),
  },
  { spellings: ["-h", "-help"], help: "this text", apply: (c) => void (c.help = true) },
];

function applyMachine(configuration: RunConfiguration, argument: string, option: string): void {
  const properties = new Properties(option, argument, "type");
  const type = properties.get("type") ?? "virt";
  if (type !== "virt") throw new UserError(`${option}: unknown machine '${type}'; there is virt`);
  const gic = properties.get("gic-version") ?? "3";
  if (gic !== "3" && gic !== "max")
    throw new UserError(`${properties.nameOf("gic-version")}: '${gic}' isn't offered; 3 is`);
  const flag = (key: string): boolean => parseSwitch(properties.get(key) ?? "off", properties.nameOf(key));
  configuration.virtualization = flag("virtualization");
  configuration.secure = flag("secure");
  const flagOr = (key: string, value: string): boolean =>
    parseSwitch(properties.get(key) ?? value, properties.nameOf(key));
  configuration.its = flagOr("its", "on");
  configuration.highMemory = flagOr("highmem", "on");
  const dump = properties.get("dumpdtb");
  if (dump !== undefined) configuration.dumpDeviceTree = dump;
  properties.finish();
}

function acceptOnly(only: string) {
  return (_: RunConfiguration, argument: string, option: string): void => {
    if (argument !== only) throw new UserError(`${option}: '${argument}' isn't offered; ${only} is`);
  };
}
