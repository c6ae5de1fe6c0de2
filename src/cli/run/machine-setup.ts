import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { MachineDevice, MachineOptions } from "../../board/machine-options.js";
import { SnapshotBlockBackend } from "../../devices/snapshot-block-backend.js";
import type { BlockBackend } from "../../ports/index.js";
import { type HostCharacterBackend, openCharacterTarget } from "../backends/character.js";
import { NodeBlockBackend } from "../backends/node-block.js";
import { NodeFileSystem } from "../backends/node-file-system.js";
import { nodeSemihostingFiles } from "../backends/node-semihosting-files.js";
import type { Console } from "../console/console.js";
import { systemErrorText, UserError } from "../errors.js";
import { FileLog } from "../log.js";
import type { DeviceOption, FlashOption, RunConfiguration } from "../options/run-configuration.js";
import { suggestion } from "../options/suggest.js";
import { TraceFile } from "../trace-file.js";
import { coreModules } from "./core-modules.js";
import { Networks } from "./networks.js";

/** A machine's options with the host's side of its devices. */
export interface MachineSetup {
  readonly options: MachineOptions;
  readonly characters: readonly HostCharacterBackend[];
  readonly networks: Networks;
  readonly log: FileLog;
  readonly trace: TraceFile | undefined;
}

/** Opens everything that the options of `trapeze run` name. Throws {@link UserError} for what can't be opened. */
export async function setUpMachine(configuration: RunConfiguration, console: Console): Promise<MachineSetup> {
  const characters: HostCharacterBackend[] = [];
  const open = async (target: Parameters<typeof openCharacterTarget>[0]) => {
    const opened = await openCharacterTarget(target, console);
    characters.push(opened);
    return opened.backend;
  };
  const log = new FileLog(configuration.log, configuration.logFile);
  const trace = configuration.trace === undefined ? undefined : new TraceFile(configuration.trace);
  const kernel = readImage("kernel", configuration.kernel);
  const firmware = readImage("firmware", configuration.bios);
  if (!kernel && !firmware && !startsWithoutKernel(configuration) && configuration.dumpDeviceTree === undefined)
    throw new UserError("nothing to run: give -kernel FILE, -bios FILE, or a name (demo, debian)");
  const initrd = readImage("initrd", configuration.initrd);
  const deviceTree = readImage("device tree", configuration.deviceTree);
  const { serials } = configuration;
  if (serials.length > 1 && !configuration.secure)
    throw new UserError("-serial: the second serial port is the Secure one, which -M virt,secure=on has");
  const gdbOnStdio = configuration.gdb?.kind === "stdio";
  if (gdbOnStdio && serials[0]?.kind === "stdio")
    throw new UserError("-gdb stdio: the serial port has the terminal; give it another place, as -serial null does");
  const serial = await open(serials[0] ?? { kind: gdbOnStdio ? "null" : "stdio" });
  const secureSerial = serials[1] && (await open(serials[1]));
  const networks = new Networks(configuration);
  const devices: MachineDevice[] = [];
  for (const device of configuration.devices) {
    const { bus, slot } = device;
    const place = { ...(bus === undefined ? {} : { bus }), ...(slot === undefined ? {} : { slot }) };
    devices.push({ ...(await openDevice(device, configuration, networks, open)), ...place });
  }
  refuseUnused(configuration);
  networks.refuseUnused();
  const { cpu, memory, append } = configuration;
  return {
    characters,
    networks,
    log,
    trace,
    options: {
      ...(cpu === undefined ? {} : { cpu }),
      processors: configuration.processors,
      ...(memory === undefined ? {} : { memory }),
      virtualization: configuration.virtualization,
      secure: configuration.secure,
      its: configuration.its,
      highMemory: configuration.highMemory,
      ...(kernel ? { kernel } : {}),
      ...(firmware ? { firmware } : {}),
      ...(configuration.flash.length > 0 ? { flash: openFlash(configuration) } : {}),
      ...readLoaded(configuration),
      ...(initrd ? { initrd } : {}),
      ...(append === undefined ? {} : { commandLine: append }),
      ...(deviceTree ? { deviceTree } : {}),
      devices,
      serial,
      ...(secureSerial ? { secureSerial } : {}),
      ...(configuration.semihosting ? { semihosting: semihostingOf(configuration, console) } : {}),
      seed: configuration.seed,
      epoch: configuration.epoch,
      noReboot: configuration.noReboot,
      jit: configuration.jit,
      coreModules,
      log,
      ...(trace ? { observers: [trace.observer] } : {}),
      // What Node has at once; `performance` it has to load.
      hostTime: () => Number(process.hrtime.bigint()) / 1e6,
      inputOpen: () => networks.inputOpen() || characters.some((character) => character.inputOpen()),
    },
  };
}

/** Whether there is something beside a kernel that PEs can start in. */
function startsWithoutKernel({ flash, loaders }: RunConfiguration): boolean {
  return (
    flash.some(({ unit }) => unit === 0) || loaders.some(({ processor, data }) => processor !== undefined && !data)
  );
}

/** The files of guest-loaders and loaders. */
function readLoaded({ modules, loaders }: RunConfiguration): Pick<MachineOptions, "modules" | "loaders"> {
  return {
    modules: modules.map(({ file, ...rest }) => ({ ...rest, bytes: readImage(rest.kind, file) })),
    loaders: loaders.map(({ file, ...rest }) =>
      file === undefined ? rest : { ...rest, file: readImage("file", file) },
    ),
  };
}

function openFlash(configuration: RunConfiguration): (BlockBackend | undefined)[] {
  const banks: (BlockBackend | undefined)[] = [undefined, undefined];
  for (const { unit, ...image } of configuration.flash) banks[unit] = openImage(image, configuration);
  return banks;
}

function readImage(what: string, path: string): Uint8Array;
function readImage(what: string, path: string | undefined): Uint8Array | undefined;
function readImage(what: string, path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`${what} ${path}: ${systemErrorText(error)}`);
  }
}

async function openDevice(
  device: DeviceOption,
  configuration: RunConfiguration,
  networks: Networks,
  open: (target: Parameters<typeof openCharacterTarget>[0]) => Promise<HostCharacterBackend["backend"]>,
): Promise<MachineDevice> {
  switch (device.kind) {
    case "virtio-blk":
      return {
        kind: "virtio-blk",
        backend: openDrive(device.drive, configuration),
        ...(device.serial === undefined ? {} : { serial: device.serial }),
      };
    case "virtio-console": {
      const target = configuration.characterDevices.get(device.chardev);
      if (!target) throw missing("-chardev", device.chardev, configuration.characterDevices.keys());
      return { kind: "virtio-console", backend: await open(target) };
    }
    case "virtio-rng":
      return { kind: "virtio-rng" };
    case "virtio-net":
      return {
        kind: "virtio-net",
        backend: networks.open(device.network),
        ...(device.mac ? { mac: device.mac } : {}),
      };
    case "virtio-9p": {
      const folder = configuration.folders.find(({ id }) => id === device.folder);
      if (!folder)
        throw missing(
          "-fsdev",
          device.folder,
          configuration.folders.map(({ id }) => id),
        );
      const files = userError(() => new NodeFileSystem(folder.path, { readOnly: folder.readOnly }));
      return { kind: "virtio-9p", files, mountTag: device.tag };
    }
  }
}

function openDrive(id: string, configuration: RunConfiguration): BlockBackend {
  const drive = configuration.drives.find((candidate) => candidate.id === id);
  if (!drive)
    throw missing(
      "-drive",
      id,
      configuration.drives.map((candidate) => candidate.id),
    );
  const users = configuration.devices.filter((device) => device.kind === "virtio-blk" && device.drive === id);
  if (users.length > 1) throw new UserError(`drive '${id}' is given to ${users.length} devices`);
  return openImage(drive, configuration);
}

function openImage(image: Omit<FlashOption, "unit">, configuration: RunConfiguration): BlockBackend {
  const snapshot = image.snapshot || configuration.snapshot;
  const file = userError(() => new NodeBlockBackend(image.file, { readOnly: image.readOnly || snapshot }));
  return snapshot && !image.readOnly ? new SnapshotBlockBackend(file) : file;
}

/** Backends that no device takes are a mistake, as a mistyped id would make them. */
function refuseUnused(configuration: RunConfiguration): void {
  const { drives, folders, devices } = configuration;
  for (const { id } of drives)
    if (!devices.some((device) => device.kind === "virtio-blk" && device.drive === id))
      throw new UserError(`drive '${id}' has no device; add -device virtio-blk-device,drive=${id}`);
  for (const { id } of folders)
    if (!devices.some((device) => device.kind === "virtio-9p" && device.folder === id))
      throw new UserError(`folder '${id}' has no device; add -device virtio-9p-device,fsdev=${id},mount_tag=TAG`);
}

function semihostingOf(configuration: RunConfiguration, console: Console): NonNullable<MachineOptions["semihosting"]> {
  const queue: number[] = [];
  console.listen((bytes) => void queue.push(...bytes));
  const { kernel, append, semihostingArguments } = configuration;
  // As QEMU: the arguments given, or else the kernel's name and command line.
  const words =
    semihostingArguments.length > 0 ? semihostingArguments : [basename(kernel ?? ""), ...(append ? [append] : [])];
  return {
    commandLine: words.join(" "),
    files: nodeSemihostingFiles,
    write: (bytes, stream) => {
      if (stream === "output") console.terminal.write(bytes);
      else process.stderr.write(bytes);
    },
    read: (target) => {
      if (queue.length === 0) return console.terminal.inputOpen ? 0 : -1;
      const taken = queue.splice(0, target.length);
      target.set(taken);
      return taken.length;
    },
  };
}

function missing(option: string, id: string, known: Iterable<string>): UserError {
  return new UserError(`there is no ${option} with id=${id}${suggestion(id, known)}`);
}

/** Runs what throws plain errors of one sentence each for the user's mistakes. */
function userError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}
